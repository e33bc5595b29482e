using BackupCopy.Health;

namespace BackupCopy.Running.Upkeep;

/// <summary>Damage as the events of a session tell it.</summary>
internal static class DamageText
{
    /// <summary>How many lines a chain gets; the others are counted.</summary>
    public const int MostLines = 20;

    /// <summary>
    /// What is wrong, where, and which points it affects, as far as the sentence does not say.
    /// </summary>
    public static string Of(ChainDamage damage)
    {
        var said = damage.Message;
        List<string> more = [];
        if (!said.Contains(Path.GetFileName(damage.Path), StringComparison.Ordinal))
        {
            more.Add(damage.Offset > 0 ? $"{damage.Path} at {damage.Offset}" : damage.Path);
        }

        if (damage is { Level: -1, Block: >= 0 }
            && !said.Contains($"block {damage.Block}", StringComparison.OrdinalIgnoreCase))
        {
            more.Add($"block {damage.Block} of disk {damage.Disk}");
        }

        if (damage.AffectedPoints.Count > 0
            && !said.Contains("restore point", StringComparison.OrdinalIgnoreCase))
        {
            more.Add((damage.AffectedPoints.Count == 1 ? "restore point " : "restore points ")
                + string.Join(", ", damage.AffectedPoints));
        }

        return more.Count == 0 ? said : $"{said} ({string.Join("; ", more)})";
    }

    /// <summary>Tells the first lines, and how many more there are.</summary>
    public static void TellEach(IReadOnlyCollection<string> lines, string what, Action<string> tell)
    {
        foreach (var line in lines.Take(MostLines))
        {
            tell(line);
        }

        if (lines.Count > MostLines)
        {
            tell($"{lines.Count - MostLines:N0} more {what} are not listed.");
        }
    }
}
