using System.Globalization;
using System.Text.RegularExpressions;

namespace BackupCopy.Jobs;

/// <summary>
/// Rates as people write them: <c>20MB/s</c> (1 MB = 1,048,576 bytes, as everywhere in PowerShell) or
/// <c>100Mbit/s</c> (1 Mbit = 1,000,000 bits, as everywhere in networks).
/// </summary>
public static partial class RateText
{
    public static bool TryParse(string text, out long bytesPerSecond)
    {
        bytesPerSecond = 0;
        var match = Form().Match(text.Trim());
        if (!match.Success)
        {
            return false;
        }

        var number = decimal.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        bytesPerSecond = (long)(number * BytesIn(match.Groups[2].Value, match.Groups[3].Value));
        return true;
    }

    /// <summary>The rate in the largest unit that says it in whole numbers.</summary>
    public static string Of(long bytesPerSecond)
    {
        var power = 0;
        while (power < 3 && bytesPerSecond > 0 && bytesPerSecond % 1024 == 0)
        {
            bytesPerSecond /= 1024;
            power++;
        }

        string[] prefixes = ["", "K", "M", "G"];
        return $"{bytesPerSecond}{prefixes[power]}B/s";
    }

    private static decimal BytesIn(string prefix, string unit)
    {
        var power = prefix.Length == 0 ? 0 : "KMG".IndexOf(prefix, StringComparison.OrdinalIgnoreCase) + 1;
        return unit.Equals("bit", StringComparison.OrdinalIgnoreCase)
            ? (decimal)Math.Pow(1000, power) / 8
            : 1L << (10 * power);
    }

    // A small b alone is refused: it means bytes to one reader and bits to the next.
    [GeneratedRegex(
        @"^([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([KMGkmg]?)(B|[Bb]it)/s$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
