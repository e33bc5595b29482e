using System.Collections;
using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Completion;

/// <summary>Completes what the catalog and its repositories hold.</summary>
public abstract class CatalogCompleter : NameCompleter
{
    private protected sealed override IEnumerable<string> Names(IDictionary boundParameters) =>
        Names(new Engine(boundParameters["CatalogPath"] as string), boundParameters)
            .Distinct(StringComparer.OrdinalIgnoreCase);

    private protected abstract IEnumerable<string> Names(Engine engine, IDictionary boundParameters);

    /// <summary>The restore points in the repositories that the line names already; else in all.</summary>
    private protected static IEnumerable<RestorePointInfo> Points(
        Engine engine, IDictionary boundParameters, params string[] repositoryParameters) =>
        engine.RestorePoints.List(new RestorePointQuery
        {
            Repositories = [.. repositoryParameters.SelectMany(
                parameter => Given(boundParameters, parameter, Named.Repository))],
        });

    /// <summary>The backups in the repositories that the line names already; else in all.</summary>
    private protected static IEnumerable<BackupInfo> Backups(
        Engine engine, IDictionary boundParameters, params string[] repositoryParameters) =>
        engine.Backups.List([], [.. repositoryParameters.SelectMany(
            parameter => Given(boundParameters, parameter, Named.Repository))]);

    private protected static string[] Given(IDictionary boundParameters, string parameter, Named kind) =>
        boundParameters[parameter] is { } value
            && LanguagePrimitives.TryConvertTo<string[]>(
                new NameOfAttribute(kind).Transform(null!, value), out var names)
            ? names
            : [];
}

public sealed class RepositoryCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters) =>
        engine.Repositories.Names();
}

public sealed class JobCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters) =>
        engine.Jobs.Names();
}

/// <summary>The jobs that run now.</summary>
public sealed class RunningJobCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters) =>
        engine.Sessions.List(running: true).Select(session => session.Job);
}

/// <summary>The machines in the repositories that are searched.</summary>
public sealed class MachineCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters) =>
        Points(engine, boundParameters, "Repository", "Source").Select(point => point.Machine);
}

/// <summary>The backups in the repositories that are searched, by the names of their jobs.</summary>
public sealed class BackupCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters) =>
        Backups(engine, boundParameters, "Repository", "Source").Select(backup => backup.Name);
}

/// <summary>The backups in the target of a job, by folder: the ones that a job can take over.</summary>
public sealed class MapBackupCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters) =>
        Backups(engine, boundParameters, "Target").Select(backup => backup.Folder);
}

/// <summary>The disks of the machine that is named already.</summary>
public sealed class DiskCompleter : CatalogCompleter
{
    private protected override IEnumerable<string> Names(Engine engine, IDictionary boundParameters)
    {
        var machines = Given(boundParameters, "Machine", Named.Machine);
        return Points(engine, boundParameters, "Repository")
            .Where(point => machines.Length == 0
                || machines.Contains(point.Machine, StringComparer.OrdinalIgnoreCase))
            .SelectMany(point => point.Disks).Select(disk => disk.Name);
    }
}

/// <summary>The sessions, newest first, each with its job and start as tool tip.</summary>
public sealed class SessionCompleter : IArgumentCompleter
{
    private const int Most = 50;

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete,
        System.Management.Automation.Language.CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            return
            [
                .. new Engine(fakeBoundParameters["CatalogPath"] as string).Sessions.List(newest: Most)
                    .Select(session => (
                        Id: session.Id.ToString(),
                        Text: $"{session.Job} {session.StartTime:yyyy-MM-dd HH:mm:ss} {session.Result}"))
                    .Where(session => session.Id.StartsWith(
                        wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
                    .Select(session => new CompletionResult(
                        session.Id, session.Text, CompletionResultType.ParameterValue, session.Text)),
            ];
        }
        catch (BackupCopyException)
        {
            return [];
        }
    }
}
