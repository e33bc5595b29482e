using System.Globalization;
using BackupCopy.Health;

namespace BackupCopy.PowerShell;

/// <summary>What a health check did for one machine, in one line for the person at the prompt.</summary>
internal static class HealthText
{
    /// <param name="isLook">Whether it was only to look, and the reader knows that.</param>
    public static string Of(ChainHealth chain, bool isLook) =>
        $"{chain.Machine}: {What(chain)} verified{How(chain)} in {Display.Duration(chain.Duration)}"
        + $"{Damage(chain)}.{Also(chain, isLook)}";

    private static string What(ChainHealth chain)
    {
        var bytes = Display.Size(chain.CheckedBytes);
        return chain.Points switch
        {
            [var one] => $"{bytes} of restore point {one}",
            { Count: > 1 } points => $"{bytes} of {points.Count} restore points",
            _ when chain.TotalBytes > chain.CheckedBytes => $"{bytes} of {Display.Size(chain.TotalBytes)}",
            _ => bytes,
        };
    }

    private static string How(ChainHealth chain) =>
        chain.Depth == CheckDepth.Quick ? " by stored checksums" : "";

    private static string Damage(ChainHealth chain)
    {
        if (chain.Found == 0)
        {
            return ", no damage" + (chain.Harmless > 0 ? $", {chain.Harmless} harmless" : "");
        }

        var parts = new List<string> { chain.Found == 1 ? "1 finding" : $"{chain.Found} findings" };
        parts.Add(chain.Healed == 0 ? "none healed" : $"{chain.Healed} healed");
        AddTo(parts, chain.Healed == 0 ? 0 : chain.Left, "left");
        AddTo(parts, chain.Harmless, "harmless");
        return ": " + string.Join(", ", parts);
    }

    private static void AddTo(List<string> parts, int count, string what)
    {
        if (count > 0)
        {
            parts.Add(string.Create(CultureInfo.CurrentCulture, $"{count} {what}"));
        }
    }

    private static string Also(ChainHealth chain, bool isLook)
    {
        var text = chain.IsComplete ? "" : " The next check of this kind goes on there.";
        if (chain.HasMoreDamage)
        {
            text += " There is more damage than is listed.";
        }

        if (chain.SetAside.Count > 0)
        {
            text += $" Set aside: restore point {string.Join(", ", chain.SetAside)}.";
        }

        return chain.IsRemembered || isLook ? text
            : text + " The repository is read-only: nothing of it is remembered.";
    }
}
