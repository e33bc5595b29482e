using BackupCopy.Chains;
using BackupCopy.Health;

namespace BackupCopy.Running.Upkeep;

/// <summary>What the phases of one session tell each other of the health of the job's chains.</summary>
internal sealed class SessionUpkeep
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<object>> _found = [];
    private readonly Dictionary<string, IReadOnlyList<LeftDamage>> _left = [];
    private IReadOnlyList<ChainDamage> _descriptions = [];

    /// <summary>
    /// Whether the target was compared with what the job left there and shows nothing older; nothing is
    /// remembered of it before.
    /// </summary>
    public bool IsTargetKnown { get; set; }

    /// <summary>
    /// The chains whose check was left out since a full is expected; once it is made the check is done.
    /// </summary>
    public List<Chain> AwaitingFull { get; } = [];

    /// <summary>The local day of the health check that this session made; null without.</summary>
    public DateOnly? CheckDay { get; set; }

    /// <summary>The chains in which this session's check found damage that harms a point.</summary>
    public HashSet<string> Detected { get; } = [];

    /// <summary>
    /// What is wrong with files that belong to no chain: the first repair of a chain heals it as well.
    /// </summary>
    public void Found(IReadOnlyList<ChainDamage> descriptions)
    {
        lock (_gate)
        {
            _descriptions = descriptions;
        }
    }

    public IReadOnlyList<ChainDamage> TakeDescriptions()
    {
        lock (_gate)
        {
            var taken = _descriptions;
            _descriptions = [];
            return taken;
        }
    }

    /// <summary>How much of this damage was not told in this session yet; it is from now on.</summary>
    public int CountNew(Chain chain, IEnumerable<ChainDamage> damage)
    {
        lock (_gate)
        {
            if (!_found.TryGetValue(chain.Path, out var known))
            {
                _found.Add(chain.Path, known = []);
            }

            return damage.Count(d => !d.IsHarmless && known.Add(KeyOf(d)));
        }
    }

    public void Left(Chain chain, IReadOnlyList<LeftDamage> left)
    {
        lock (_gate)
        {
            _left[chain.Path] = left;
        }
    }

    /// <summary>Why damage was not healed, as far as a repair was tried.</summary>
    public string WhyLeft(Chain chain, ChainDamage damage)
    {
        lock (_gate)
        {
            return _left.GetValueOrDefault(chain.Path)?.FirstOrDefault(
                l => KeyOf(l.Damage).Equals(KeyOf(damage)))?.Why
                ?? "It could not be repaired in this session.";
        }
    }

    // Two records of the same damage need not be equal: they hold lists.
    private static object KeyOf(ChainDamage damage) => damage.Record is { } record
        ? (damage.Kind, record) : (damage.Kind, Path.GetFileName(damage.Path), damage.Offset);
}
