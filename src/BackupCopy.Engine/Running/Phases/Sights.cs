using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>What one look at a job's machines found that cannot be copied now, and why not.</summary>
internal sealed class Sights
{
    public WindowState Window { get; init; }

    /// <summary>Their newest point is being written.</summary>
    public List<PointDecision.Wait> Locked { get; } = [];

    /// <summary>They could be copied, were the window open.</summary>
    public List<(MachineSight Machine, CandidatePoint Point)> BehindWindow { get; } = [];

    /// <summary>They have nothing newer yet.</summary>
    public List<MachineSight> Unbegun { get; } = [];

    /// <summary>They failed, and nothing newer has appeared since.</summary>
    public List<MachineSight> Failed { get; } = [];

    /// <summary>A source that could not be opened may hold more.</summary>
    public bool IsSourceAway { get; set; }

    public bool IsNobodyThere { get; set; }

    /// <summary>Whether nothing has to be waited for.</summary>
    /// <param name="isWhole">What is not there yet is waited for as well.</param>
    public bool IsEmpty(bool isWhole) =>
        Locked.Count == 0 && BehindWindow.Count == 0
        && !(isWhole && (Unbegun.Count > 0 || Failed.Count > 0 || IsSourceAway || IsNobodyThere));
}
