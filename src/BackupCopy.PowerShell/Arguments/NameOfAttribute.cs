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
    private const string OurTypes = "BackupCopy.Reporting.";
    private const string Deserialized = "Deserialized.";

    public Named Kind => kind;

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is IList things ? things.Cast<object?>().Select(NameOf).ToArray() : NameOf(inputData);
    }

    private object? NameOf(object? input)
    {
        if (input is null)
        {
            return null;
        }

        var thing = PSObject.AsPSObject(input);
        var type = thing.TypeNames[0];
        if (type.StartsWith(Deserialized, StringComparison.Ordinal))
        {
            type = type[Deserialized.Length..];
        }

        if (!type.StartsWith(OurTypes, StringComparison.Ordinal))
        {
            return input;
        }

        type = type[OurTypes.Length..];
        var property = PropertyOf(type);
        return (property is null ? null : thing.Properties[property]?.Value) is (string or Guid) and var name
            ? name : throw Refused(type);
    }

    private string? PropertyOf(string type) => (kind, type) switch
    {
        (Named.Repository, "RepositoryInfo") or (Named.Job, "JobInfo") or (Named.Backup, "JobInfo") => "Name",
        (Named.Backup, "BackupInfo") => "Folder",
        (Named.Session, "SessionInfo") => "Id",
        (Named.Session, "MachineTaskInfo") => "SessionId",
        _ => kind.ToString(),
    };

    private ArgumentTransformationMetadataException Refused(string type)
    {
        var known = kind.ToString().ToLowerInvariant();
        return new ArgumentTransformationMetadataException(
            $"A {type} does not tell which {known} is meant. Give the name of a {known} or its object.");
    }
}
