using System.Management.Automation;
using System.Runtime.CompilerServices;
using BackupCopy.Blocks;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>
/// What defining and changing a job have in common. Values come typed, or as properties of an object of the
/// pipeline, such as the row of a table; what is typed beats those, and an empty cell is not given.
/// </summary>
public abstract partial class JobCmdlet : BackupCopyCmdlet
{
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? Machine { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? Exclude { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? FromJob { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? FromBackup { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public int? Parallel { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public Compression? Compression { get; set; }

    /// <summary>Whether values that an object of the pipeline brings count for it.</summary>
    private protected virtual bool IsPipelineMeant => true;

    private protected JobSettings Settings => new()
    {
        Machines = Given(Machine),
        Exclude = Given(Exclude),
        FromJobs = Given(FromJob),
        FromBackups = Given(FromBackup),
        Parallel = IsMeant(nameof(Parallel)) ? Parallel : null,
        Compression = IsMeant(nameof(Compression)) ? Compression : null,
        Retention = Retention,
        Control = Control,
        Upkeep = Upkeep,
    };

    private protected bool IsMeant(string parameter) => IsTyped(parameter)
        || (IsGiven(parameter) && IsPipelineMeant && InputObject?.Properties[parameter]?.Value is not "");

    private protected string? Given(
        string? value, [CallerArgumentExpression(nameof(value))] string parameter = "") =>
        IsMeant(parameter) ? value : null;

    private protected string[]? Given(
        string[]? value, [CallerArgumentExpression(nameof(value))] string parameter = "") =>
        IsMeant(parameter) ? value : null;
}
