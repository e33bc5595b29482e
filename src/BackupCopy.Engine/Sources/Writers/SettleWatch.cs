using BackupCopy.Images;
using BackupCopy.Sources.Folders;

namespace BackupCopy.Sources.Writers;

/// <summary>
/// Tells whether the files of a point are finished, in this order: names that say they are not, lock files
/// beside them, locks and writers that the system knows of, and at last that they stand still. A file stands
/// still when two looks at least the settle time apart find the same length, times and inode; where the
/// system vouches that nobody has it open for writing, a last change that long ago is enough at the first
/// look. A change in the future says nothing of when it was, so such a file is watched like one of a share.
/// What was seen is kept in memory; nothing is written, and whoever copies looks at the identity once more.
/// </summary>
internal sealed class SettleWatch
{
    private const int MostSeen = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly WriterProbe _probe;
    private readonly TimeSpan _settleTime;

    public SettleWatch(TimeProvider time, TimeSpan settleTime, WriterProbe? probe = null)
    {
        _time = time;
        _settleTime = settleTime;
        _probe = probe ?? new WriterProbe();
    }

    /// <summary>Whether the point can be copied now; all of its files are looked at each time.</summary>
    public ImageState Look(ImagePoint point)
    {
        ImageState? worst = null;
        foreach (var file in point.Files)
        {
            var state = Look(file);
            worst = worst is null || IsWorse(state, worst) ? state : worst;
        }

        if (point.Unfinished is [var unfinished, ..])
        {
            return ImageState.Held(
                $"the name of {unfinished.RelativePath} says that it is not finished",
                FileHolders.Of(unfinished.Path, unfinished.State));
        }

        return point.LockFiles is [var lockFile, ..]
            ? ImageState.Held($"{lockFile} lies beside it", FileHolders.Unknown)
            : worst ?? ImageState.Free;
    }

    // Who holds it says more than how long it has to settle, and of two times the longer one counts.
    private static bool IsWorse(ImageState one, ImageState other) =>
        one.IsLocked && (!other.IsLocked
            || (other.SettledIn is { } known && (one.SettledIn is not { } left || left > known)));

    private ImageState Look(FolderFile file)
    {
        var name = file.RelativePath;
        if (FileIdentity.Of(file.Path) is not { Kind: FileKind.File } now)
        {
            return ImageState.Held($"{name} has gone", FileHolders.Unknown);
        }

        var answer = _probe.Ask(file.Path, now);
        var stillFor = StillFor(file.Path, now, answer == WriterAnswer.Busy);
        return answer switch
        {
            WriterAnswer.Gone => ImageState.Held($"{name} has gone", FileHolders.Unknown),
            WriterAnswer.Busy => Held(file, now),
            _ => Settled(name, now, answer, stillFor),
        };
    }

    private static ImageState Held(FolderFile file, FileIdentity now)
    {
        var who = FileHolders.Of(file.Path, now);
        return ImageState.Held($"{file.RelativePath} is being written by {who}", who);
    }

    private ImageState Settled(string name, FileIdentity file, WriterAnswer answer, TimeSpan? stillFor)
    {
        if (stillFor >= _settleTime)
        {
            return ImageState.Free;
        }

        var changed = file.ChangedUtc > file.WrittenUtc ? file.ChangedUtc : file.WrittenUtc;
        var age = _time.GetUtcNow().UtcDateTime - changed;
        if (answer == WriterAnswer.NoWriter && age >= _settleTime)
        {
            return ImageState.Free;
        }

        var left = _settleTime - (stillFor ?? TimeSpan.Zero);
        if (answer == WriterAnswer.NoWriter && age >= TimeSpan.Zero && _settleTime - age < left)
        {
            left = _settleTime - age;
        }

        var when = age < TimeSpan.Zero
            ? $"the last change to {name} has a time in the future"
            : age < _settleTime
                ? $"{name} was written {Seconds(age)} ago"
                : $"nobody can say whether {name} is still being written";
        return ImageState.Settling($"{when}; it is watched for {Seconds(left)} more", left);
    }

    private static string Seconds(TimeSpan span) =>
        DurationText.Of(TimeSpan.FromSeconds(Math.Ceiling(span.TotalSeconds)));

    /// <summary>For how long the file has been the same; null at the first look at this state.</summary>
    private TimeSpan? StillFor(string path, FileIdentity now, bool isBusy)
    {
        var stamp = _time.GetTimestamp();
        lock (_gate)
        {
            if (isBusy)
            {
                // Its times may be set back by its writer: the watch begins anew when he has gone.
                _seen.Remove(path);
                return null;
            }

            if (_seen.TryGetValue(path, out var seen) && seen.File == now)
            {
                _seen[path] = seen with { Last = stamp };
                return _time.GetElapsedTime(seen.First, stamp);
            }

            Shrink();
            _seen[path] = new Seen(now, stamp, stamp);
            return _settleTime == TimeSpan.Zero ? TimeSpan.Zero : null;
        }
    }

    // Those looked at last stay: the others are of points that have gone, or can be watched anew.
    private void Shrink()
    {
        if (_seen.Count < MostSeen)
        {
            return;
        }

        foreach (var (path, _) in _seen.OrderBy(s => s.Value.Last).Take(MostSeen / 2).ToList())
        {
            _seen.Remove(path);
        }
    }

    /// <param name="First">When this state of the file was seen first, by the monotonic clock.</param>
    private readonly record struct Seen(FileIdentity File, long First, long Last);
}
