using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Reads a rate in bytes per second: <c>20MB/s</c> (1 MB = 1,048,576 bytes, as everywhere in PowerShell),
/// <c>100Mbit/s</c> (1 Mbit = 1,000,000 bits, as everywhere in networks), or a number of bytes per second.
/// </summary>
public sealed partial class RateAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (inputData is null)
        {
            return null;
        }

        var text = ArgumentText.Of(inputData);
        if (TryParse(text, out var bytesPerSecond)
            || (text.Length > 0
                && LanguagePrimitives.TryConvertTo(inputData, out bytesPerSecond) && bytesPerSecond >= 0))
        {
            return bytesPerSecond;
        }

        throw new ArgumentTransformationMetadataException(
            $"'{text}' is no rate. Write 20MB/s or 100Mbit/s, or give a number of bytes per second.");
    }

    private static bool TryParse(string text, out long bytesPerSecond)
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
