using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running;

public sealed partial class CopyJobs
{
    /// <summary>Lets a job run, or keeps it from running; its repositories may be away.</summary>
    public JobInfo Enable(string name, bool isEnabled) => Describe(
        _engine.Catalog.UpdateJob(_engine.Job(name).Id, job => job with { IsEnabled = isEnabled }));

    /// <summary>The name as the job has it, without a look at its repositories.</summary>
    public string Find(string name) => _engine.Job(name).Name;

    /// <summary>Whether jobs without a word of their own look forward.</summary>
    public LookForwardInfo LookForward() => Global(_engine.Catalog.GlobalSettings());

    public LookForwardInfo LookForward(string job) =>
        OfJob(_engine.Job(job), _engine.Catalog.GlobalSettings());

    /// <summary>Sets it for the jobs without a word of their own, from their next interval on.</summary>
    public LookForwardInfo SetLookForward(bool isOn) =>
        Global(_engine.Catalog.UpdateGlobalSettings(settings => settings with { LookForward = isOn }));

    /// <param name="isOn">Null lets the global setting decide.</param>
    public LookForwardInfo SetLookForward(string job, bool? isOn) => OfJob(
        _engine.Catalog.UpdateJob(
            _engine.Job(job).Id, j => j with { Schedule = j.Schedule with { LookForward = isOn } }),
        _engine.Catalog.GlobalSettings());

    private static LookForwardInfo Global(GlobalSettings settings) =>
        new() { Job = "", Enabled = settings.LookForward, Own = settings.LookForward };

    private static LookForwardInfo OfJob(JobDefinition job, GlobalSettings settings) => new()
    {
        Job = job.Name,
        Enabled = job.Schedule.LookForward ?? settings.LookForward,
        Own = job.Schedule.LookForward,
    };
}
