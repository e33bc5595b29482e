namespace BackupCopy.Sources.Patterns;

/// <summary>
/// Lays one pattern over one path. Parts take as much as they can, the first one first, and * as little; what
/// cannot fit behind a place is remembered, so that the work is bounded by the length of both. Where a token
/// stands twice that memory would be wrong, and the number of tries is bounded instead.
/// </summary>
internal ref struct PatternMatch
{
    private const int MostTries = 1 << 14;

    private readonly ReadOnlySpan<PatternPart> _parts;
    private readonly ReadOnlySpan<char> _path;
    private readonly Func<ReadOnlySpan<char>, bool>? _endings;
    private readonly Span<ulong> _failed;
    private readonly Span<Found> _found;
    private int _triesLeft;
    private bool _remembers;
    private DateTime _time;

    /// <param name="memory">As many bits as there are parts times places, all 0.</param>
    /// <param name="found">One place for each kind of part.</param>
    /// <param name="endings">Which texts {ext} stands for; null for any ending.</param>
    public PatternMatch(
        ReadOnlySpan<PatternPart> parts, ReadOnlySpan<char> path, Func<ReadOnlySpan<char>, bool>? endings,
        Span<ulong> memory, Span<Found> found)
    {
        _parts = parts;
        _path = path;
        _endings = endings;
        _failed = memory;
        _found = found;
        _triesLeft = MostTries;
        _remembers = true;
        foreach (var part in parts)
        {
            _remembers &= !part.IsRepeated;
        }
    }

    /// <summary>How many parts fitted at best.</summary>
    public int Furthest { get; private set; }

    /// <summary>Where the first one that did not fit would have begun.</summary>
    public int FurthestAt { get; private set; }

    /// <summary>As the name says it; the start of time where it says none.</summary>
    public readonly DateTime Time => _time;

    public bool IsUtc { get; private set; }

    public bool Run() => Match(0, 0);

    public readonly string? Text(PartKind kind) =>
        _found[(int)kind] is { Length: > 0 } found ? _path.Slice(found.Start, found.Length).ToString() : null;

    private bool Match(int part, int at)
    {
        Reach(part, at);
        if (part == _parts.Length)
        {
            return at == _path.Length && HasTime();
        }

        var bit = (part * (_path.Length + 1)) + at;
        if (_remembers ? (_failed[bit >> 6] & (1UL << bit)) != 0 : --_triesLeft < 0)
        {
            return false;
        }

        var fits = Try(part, at);
        if (!fits && _remembers)
        {
            _failed[bit >> 6] |= 1UL << bit;
        }

        return fits;
    }

    private void Reach(int part, int at)
    {
        if (part > Furthest || (part == Furthest && at > FurthestAt))
        {
            (Furthest, FurthestAt) = (part, at);
        }
    }

    private bool Try(int part, int at)
    {
        ref readonly var current = ref _parts[part];
        var rest = _path[at..];
        if (current.IsRepeated)
        {
            var known = _found[(int)current.Kind];
            return rest.StartsWith(
                    _path.Slice(known.Start, known.Length), StringComparison.OrdinalIgnoreCase)
                && Match(part + 1, at + known.Length);
        }

        switch (current.Kind)
        {
            case PartKind.Literal:
                return rest.StartsWith(current.Text, StringComparison.OrdinalIgnoreCase)
                    && Match(part + 1, at + current.Text.Length);
            case PartKind.Folder:
                return rest is ['/', ..] && Match(part + 1, at + 1);
            case PartKind.Any:
                return TryAny(part, at, NameLength(rest));
            case PartKind.Ending:
                return TryEnding(part, at, rest[..NameLength(rest)]);
            case PartKind.Time:
                return TryTime(part, at, rest);
            case PartKind.Machine or PartKind.Job or PartKind.Disk:
                return TryText(part, at, NameLength(rest));
            default:
                return TimeText.TryNumber(rest, current.Kind, current.Digits, out _)
                    && Take(part, at, current.Digits);
        }
    }

    private static int NameLength(ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        return slash < 0 ? rest.Length : slash;
    }

    private bool Take(int part, int at, int length)
    {
        ref var found = ref _found[(int)_parts[part].Kind];
        var before = found;
        found = new Found(at, length);
        if (Match(part + 1, at + length))
        {
            return true;
        }

        found = before;
        return false;
    }

    private bool TryAny(int part, int at, int longest)
    {
        for (var length = 0; length <= longest; length++)
        {
            if (Match(part + 1, at + length))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryText(int part, int at, int longest)
    {
        // Only where the literal behind it stands can it end.
        var next = part + 1 < _parts.Length && _parts[part + 1].Kind == PartKind.Literal
            ? _parts[part + 1].Text[0] : '\0';
        if (next != '\0')
        {
            Reach(part + 1, at);
        }

        for (var length = longest; length > 0; length--)
        {
            if (next != '\0' && (at + length == _path.Length || !IsSame(_path[at + length], next)))
            {
                continue;
            }

            if (Take(part, at, length))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(char one, char other) =>
        one == other || char.ToUpperInvariant(one) == char.ToUpperInvariant(other);

    // One ending, or two when the second one says how the first is packed.
    private bool TryEnding(int part, int at, ReadOnlySpan<char> rest)
    {
        var first = rest.IndexOf('.');
        var second = first < 0 ? -1 : rest[(first + 1)..].IndexOf('.');
        var longest = second < 0 ? rest.Length : first + 1 + second;
        for (var length = longest; length > 0; length--)
        {
            var ending = rest[..length];
            if (IsEnding(ending, first) && !BelongsToLonger(part, at, ending) && Take(part, at, length))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool IsEnding(ReadOnlySpan<char> ending, int dot)
    {
        if (_endings is not null)
        {
            return _endings(ending);
        }

        return dot < 0 || ending.Length < dot || (ending.Length == dot)
            || (ImageEndings.IsWrapping(ending[(dot + 1)..]) && IsWord(ending[..dot]));
    }

    // "web.img.gz" is the machine web: where a text and a dot stand before, gz alone is no ending.
    private readonly bool BelongsToLonger(int part, int at, ReadOnlySpan<char> ending)
    {
        if (part < 2 || _parts[part - 1].Text != "." || _parts[part - 2] is not { IsText: true }
            || !ImageEndings.IsWrapping(ending))
        {
            return false;
        }

        var before = _path[..(at - 1)];
        var name = before[(before.LastIndexOf('/') + 1)..];
        var dot = name.LastIndexOf('.');
        return dot > 0 && IsWord(name[(dot + 1)..]);
    }

    private static bool IsWord(ReadOnlySpan<char> text)
    {
        const int longest = 8;
        if (text.Length is 0 or > longest || !char.IsAsciiLetter(text[0]))
        {
            return false;
        }

        foreach (var sign in text)
        {
            if (!char.IsAsciiLetterOrDigit(sign))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTime(int part, int at, ReadOnlySpan<char> rest)
    {
        Span<TimeStop> stops = stackalloc TimeStop[TimeText.MostStops];
        for (var count = TimeText.Read(rest, stops); count > 0; count--)
        {
            var stop = stops[count - 1];
            if (Take(part, at, stop.Length))
            {
                _time = stop.Time;
                IsUtc = stop.IsUtc;
                return true;
            }
        }

        return false;
    }

    // A day that its month does not have: another way to lay the pattern may have one that it has.
    private bool HasTime()
    {
        if (_found[(int)PartKind.Unix].Length > 0)
        {
            _time = DateTime.UnixEpoch.AddSeconds(Number(PartKind.Unix));
            IsUtc = true;
        }

        if (_found[(int)PartKind.Year].Length == 0)
        {
            return true;
        }

        if (!TimeText.TryDate(
            Number(PartKind.Year), Number(PartKind.Month), Number(PartKind.Day), out var date))
        {
            _remembers = false;
            return false;
        }

        _time = date.AddHours(Number(PartKind.Hour)).AddMinutes(Number(PartKind.Minute))
            .AddSeconds(Number(PartKind.Second));
        return true;
    }

    private readonly long Number(PartKind kind)
    {
        var found = _found[(int)kind];
        return found.Length == 0 ? 0 : TimeText.Parse(_path.Slice(found.Start, found.Length));
    }
}

/// <summary>Where a token's text lies in the path; a length of 0 where none was found.</summary>
internal readonly record struct Found(int Start, int Length);
