namespace BackupCopy.Tests.Storage;

/// <summary>
/// How one power cut goes. Each cut draws its own odds first, so that extremes occur often: all names kept
/// and no data, all data and no names, everything lost, everything kept.
/// </summary>
internal sealed class CutChances
{
    private static readonly double[] s_odds = [0, 0.1, 0.5, 0.9, 1];

    private readonly Random? _random;
    private readonly double _names;
    private readonly double _writes;
    private readonly double _torn;
    private readonly double _lengths;
    private readonly int _garbage;
    private SimulatedContent? _stale;

    public CutChances(int seed)
    {
        _random = new Random(seed);
        _names = s_odds[_random.Next(s_odds.Length)];
        _writes = s_odds[_random.Next(s_odds.Length)];
        _torn = s_odds[_random.Next(3)];
        _lengths = s_odds[_random.Next(s_odds.Length)];
        _garbage = _random.Next(3);
    }

    private CutChances()
    {
    }

    /// <summary>The cut that keeps nothing but what was flushed.</summary>
    public static CutChances LosingAll() => new();

    /// <summary>The files whose blocks may have lain where others lie now.</summary>
    public IReadOnlyList<SimulatedContent> StaleContents { get; set; } = [];

    public bool KeepsName() => Roll(_names);

    public bool Tears() => Roll(_torn);

    public bool KeepsWrite() => Roll(_writes);

    public bool KeepsSector() => Roll(0.5);

    /// <summary>
    /// Which of the lengths a file had since its last flush is left: 0 the flushed one, then in order.
    /// </summary>
    public int LengthVersion(int changes) =>
        _random is null ? 0 : Roll(_lengths) ? changes : _random.Next(changes + 1);

    /// <summary>
    /// Fills a sector of a file that was allocated but never reached the disk: zeros, noise, or what lay
    /// there before. That is the same sector of another file, so that whole records and headers may verify
    /// where nobody wrote them.
    /// </summary>
    public void FillLost(Span<byte> sector, long offset)
    {
        sector.Clear();
        if (_random is null || _garbage == 0)
        {
            return;
        }

        if (_garbage == 1 || _stale is null)
        {
            _random.NextBytes(sector);
        }
        else
        {
            _stale.Read(sector, offset);
        }
    }

    /// <summary>Chooses the file whose old bytes turn up in the next one.</summary>
    public void ChooseStale() =>
        _stale = StaleContents.Count == 0 ? null : StaleContents[_random?.Next(StaleContents.Count) ?? 0];

    private bool Roll(double odds) => _random is not null && _random.NextDouble() < odds;
}
