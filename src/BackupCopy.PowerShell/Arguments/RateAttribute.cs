using System.Management.Automation;
using BackupCopy.Jobs;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Reads a rate in bytes per second: <c>20MB/s</c> (1 MB = 1,048,576 bytes, as everywhere in PowerShell),
/// <c>100Mbit/s</c> (1 Mbit = 1,000,000 bits, as everywhere in networks), or a number of bytes per second.
/// </summary>
public sealed class RateAttribute : ArgumentTransformationAttribute
{
    /// <summary>Takes an empty text, such as the empty cell of a table, for "not given".</summary>
    public bool BlankIsNull { get; init; }

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (inputData is null || (BlankIsNull && ArgumentText.Unwrapped(inputData) is ""))
        {
            return null;
        }

        var text = ArgumentText.Of(inputData);
        if (RateText.TryParse(text, out var bytesPerSecond)
            || (text.Length > 0
                && LanguagePrimitives.TryConvertTo(inputData, out bytesPerSecond) && bytesPerSecond >= 0))
        {
            return bytesPerSecond;
        }

        throw new ArgumentTransformationMetadataException(
            $"'{text}' is no rate. Write 20MB/s or 100Mbit/s, or give a number of bytes per second.");
    }
}
