namespace BackupCopy.Sources.Patterns;

/// <summary>What a part of a pattern stands for; each has its place where texts are found.</summary>
internal enum PartKind
{
    /// <summary>Exactly this text.</summary>
    Literal,

    /// <summary>The end of a folder's name.</summary>
    Folder,

    /// <summary>Anything inside a name, also nothing.</summary>
    Any,
    Machine,
    Job,
    Disk,
    Ending,

    /// <summary>A date, with or without a time of day, in any usual spelling.</summary>
    Time,

    /// <summary>Seconds since 1970, ten digits.</summary>
    Unix,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// <summary>One part of a pattern.</summary>
/// <param name="Text">The literal, or the token as the pattern spells it.</param>
/// <param name="IsRepeated">It stood in the pattern before, and must match the same text again.</param>
internal readonly record struct PatternPart(PartKind Kind, string Text, bool IsRepeated)
{
    public const int Kinds = (int)PartKind.Second + 1;

    /// <summary>Where two of them follow each other nobody can tell where one ends.</summary>
    public bool IsText => Kind is PartKind.Machine or PartKind.Job or PartKind.Disk or PartKind.Ending;

    public bool IsTime => Kind >= PartKind.Time;

    /// <summary>How many digits a part of a time has; 0 for everything else.</summary>
    public int Digits => Kind switch
    {
        PartKind.Unix => 10,
        PartKind.Year => 4,
        >= PartKind.Month => 2,
        _ => 0,
    };
}
