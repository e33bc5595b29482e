namespace BackupCopy.Sources.Patterns;

/// <summary>Cuts the text of a pattern into its parts, or says what is wrong with it.</summary>
internal sealed class PatternParser(string text)
{
    private const int LongestPattern = 1024;
    private const int MostFolders = 16;
    private const string Tokens =
        "Tokens are {machine}, {job}, {disk}, {ext}, {time} for a date in any usual spelling, {unix}, and "
        + "times made of yyyy MM dd HH mm ss such as {yyyy-MM-dd_HHmm}; / stands between folders and * for "
        + "anything inside a name.";

    private static readonly (string Letters, PartKind Kind)[] s_fields =
    [
        ("yyyy", PartKind.Year), ("MM", PartKind.Month), ("dd", PartKind.Day), ("HH", PartKind.Hour),
        ("mm", PartKind.Minute), ("ss", PartKind.Second),
    ];

    private readonly List<PatternPart> _parts = [];
    private readonly HashSet<PartKind> _seen = [];

    /// <summary>Whether the time is UTC.</summary>
    public bool IsUtc { get; private set; }

    public IReadOnlyList<PatternPart> Parse()
    {
        CheckPath();
        for (var at = 0; at < text.Length;)
        {
            at = text[at] switch
            {
                '{' => Token(at),
                '}' => throw Wrong($"has a }} without its {{ at character {at + 1}"),
                '*' => One(at, PartKind.Any, "*"),
                '/' => One(at, PartKind.Folder, "/"),
                _ => Literal(at),
            };
        }

        CheckTokens();
        return _parts;
    }

    private void CheckPath()
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw Wrong("is empty");
        }

        if (text.Length > LongestPattern)
        {
            throw Wrong($"is longer than {LongestPattern} characters");
        }

        if (text.Contains('\\', StringComparison.Ordinal))
        {
            throw Wrong("holds a \\");
        }

        if (text.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0)
        {
            throw Wrong("holds a control character");
        }

        var names = text.Split('/');
        if (names.Any(n => n is "" or "." or ".."))
        {
            throw Wrong("is no path inside the repository: a name in it is empty, . or ..");
        }

        if (names.Length > MostFolders)
        {
            throw Wrong($"has more than {MostFolders} names one below the other");
        }
    }

    private int One(int at, PartKind kind, string sign)
    {
        _parts.Add(new PatternPart(kind, sign, IsRepeated: false));
        return at + 1;
    }

    private int Literal(int at)
    {
        var length = text.AsSpan(at).IndexOfAny("{}*/");
        var literal = length < 0 ? text[at..] : text.Substring(at, length);
        AddLiteral(literal);
        return at + literal.Length;
    }

    private void AddLiteral(string literal)
    {
        if (_parts is [.., { Kind: PartKind.Literal } last])
        {
            _parts[^1] = last with { Text = last.Text + literal };
            return;
        }

        _parts.Add(new PatternPart(PartKind.Literal, literal, IsRepeated: false));
    }

    private int Token(int at)
    {
        var end = text.IndexOf('}', at);
        if (end < 0)
        {
            throw Wrong($"has a {{ without its }} at character {at + 1}");
        }

        var inside = text[(at + 1)..end];
        var whole = text[at..(end + 1)];
        var kind = inside.ToUpperInvariant() switch
        {
            "MACHINE" => PartKind.Machine,
            "JOB" => PartKind.Job,
            "DISK" => PartKind.Disk,
            "EXT" => PartKind.Ending,
            "TIME" => PartKind.Time,
            "UNIX" => PartKind.Unix,
            _ => PartKind.Literal,
        };
        if (kind == PartKind.Literal)
        {
            Fields(inside, whole);
        }
        else
        {
            Add(kind, whole);
        }

        // {...}Z is UTC, unless the Z begins a word.
        IsUtc |= _parts[^1].IsTime && end + 1 < text.Length && text[end + 1] == 'Z'
            && (end + 2 == text.Length || !char.IsLetterOrDigit(text[end + 2]));
        return end + 1;
    }

    private void Add(PartKind kind, string token)
    {
        var part = new PatternPart(kind, token, IsRepeated: !_seen.Add(kind));
        if (part.IsText && _parts is [.., { IsText: true } before])
        {
            throw Wrong($"has nothing between {before.Text} and {token}, so no name can be cut there");
        }

        _parts.Add(part);
    }

    private void Fields(string inside, string token)
    {
        var found = 0;
        for (var at = 0; at < inside.Length;)
        {
            var field = Array.Find(
                s_fields, f => inside.AsSpan(at).StartsWith(f.Letters, StringComparison.Ordinal));
            if (field.Letters is { } letters)
            {
                Add(field.Kind, token);
                at += letters.Length;
                found++;
                continue;
            }

            var sign = inside[at];
            if (sign is '{' or '/' or '*' || (char.IsLetterOrDigit(sign) && sign is not ('T' or 'Z')))
            {
                throw Wrong($"has the token {token}, which is none");
            }

            IsUtc |= sign == 'Z';
            AddLiteral(inside[at++].ToString());
        }

        if (found == 0)
        {
            throw Wrong($"has the token {token}, which is none");
        }
    }

    private void CheckTokens()
    {
        if (!_seen.Contains(PartKind.Machine))
        {
            throw Wrong("has no {machine}");
        }

        var firstOfName = _parts.FindLastIndex(p => p.Kind == PartKind.Folder) + 1;
        if (_parts.FindIndex(p => p.Kind == PartKind.Ending) is >= 0 and var ending && ending < firstOfName)
        {
            throw Wrong("has {ext} in the name of a folder");
        }

        var whole = _seen.Where(k => k is PartKind.Time or PartKind.Unix).ToList();
        var hasFields = _seen.Any(k => k >= PartKind.Year);
        if (whole.Count > 1 || (whole.Count == 1 && hasFields))
        {
            throw Wrong("says the time twice: {time} and {unix} are whole times");
        }

        Need(PartKind.Second, PartKind.Minute);
        Need(PartKind.Minute, PartKind.Hour);
        if (hasFields)
        {
            Need(_seen.Max(), PartKind.Day);
            Need(_seen.Max(), PartKind.Month);
            Need(_seen.Max(), PartKind.Year);
        }
    }

    private void Need(PartKind kind, PartKind needed)
    {
        if (_seen.Contains(kind) && !_seen.Contains(needed))
        {
            throw Wrong($"says no {needed.ToString().ToLowerInvariant()}, so its times are none");
        }
    }

    private BackupCopyException Wrong(string what) =>
        new(ErrorCode.InvalidArgument, $"The pattern '{text}' {what}.", Tokens);
}
