using System.Collections;
using System.Management.Automation;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>The things that a parameter can name.</summary>
public enum Named
{
    Repository,
    Job,
    Backup,
    Machine,
    Session,
}

/// <summary>
/// Lets a parameter that names something also take the module's objects: the thing itself, or one that tells
/// which it belongs to (the job of a session). An object of ours that tells no such thing is refused, so that
/// its Name is never taken for a name of another kind. Everything else is left as it is.
/// </summary>
public sealed class NameOfAttribute(Named kind) : ArgumentTransformationAttribute
{
    private static readonly string[] s_ourTypes = ["BackupCopy.Reporting.", "BackupCopy.Health."];
    private const string Deserialized = "Deserialized.";

    public Named Kind => kind;

    /// <summary>
    /// The objects that leave the parameter unbound when the pipeline brings them and they tell no such
    /// thing: other parameters take them. With any, an empty text of the pipeline is passed over too.
    /// </summary>
    public string[] PassOver { get; init; } = [];

    /// <summary>Whether <see cref="PassOver"/> holds also for objects that do tell such a thing.</summary>
    public bool PassOverAll { get; init; }

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = ArgumentText.Unwrapped(inputData);
        return value switch
        {
            IList things => things.Cast<object?>().Select(NameOf).ToArray(),
            "" when PassOver.Length > 0 => throw Unbound($"An empty text is no name of a {Known}."),
            _ => NameOf(inputData),
        };
    }

    /// <summary>Which of the module's objects this is, or was in another process; null for none.</summary>
    internal static string? TypeOf(object? input)
    {
        if (input is null)
        {
            return null;
        }

        var type = PSObject.AsPSObject(input).TypeNames[0];
        if (type.StartsWith(Deserialized, StringComparison.Ordinal))
        {
            type = type[Deserialized.Length..];
        }

        return Array.Find(s_ourTypes, ours => type.StartsWith(ours, StringComparison.Ordinal)) is { } name
            ? type[name.Length..] : null;
    }

    private object? NameOf(object? input)
    {
        if (input is null)
        {
            return null;
        }

        if (TypeOf(input) is not { } type)
        {
            return input;
        }

        if (PassOverAll && PassOver.Contains(type))
        {
            throw Unbound($"A {type} is more than a {Known}.");
        }

        var property = PropertyOf(type);
        var thing = PSObject.AsPSObject(input);
        var name = property is null ? null : thing.Properties[property]?.Value;
        if (name is string { Length: > 0 } or Guid)
        {
            return name;
        }

        var refusal =
            $"A {type} does not tell which {Known} is meant. Give the name of a {Known} or its object.";
        throw PassOver.Contains(type)
            ? Unbound(refusal) : new ArgumentTransformationMetadataException(refusal);
    }

    private string Known => kind.ToString().ToLowerInvariant();

    private string? PropertyOf(string type) => (kind, type) switch
    {
        (Named.Repository, "RepositoryInfo") or (Named.Job, "JobInfo") or (Named.Backup, "JobInfo") => "Name",
        (Named.Backup, "BackupInfo") => "Folder",
        (Named.Session, "SessionInfo") => "Id",
        (Named.Session, "MachineTaskInfo" or "SessionEventInfo") => "SessionId",
        _ => kind.ToString(),
    };

    // The binder of the pipeline passes over what cannot be cast and goes on with the other parameters.
    internal static ArgumentTransformationMetadataException Unbound(string message) =>
        new(message, new PSInvalidCastException(message));
}
