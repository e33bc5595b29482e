using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Reads a duration as people write one: <c>15m</c>, <c>4h</c>, <c>1d</c>, <c>1d12h</c>, <c>30s</c>, or a
/// TimeSpan. A bare number is refused: nobody could say whether 15 means minutes or days.
/// </summary>
public sealed partial class DurationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Takes an empty text, such as the empty cell of a table, for "not given".</summary>
    public bool BlankIsNull { get; init; }

    /// <summary>Takes an empty text for a wish to have none, <see cref="ControlSettings.None"/>.</summary>
    public bool BlankIsNone { get; init; }

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = ArgumentText.Unwrapped(inputData);
        return value switch
        {
            null => null,
            "" when BlankIsNull => null,
            "" when BlankIsNone => ControlSettings.None,
            TimeSpan span when span >= TimeSpan.Zero => span,
            _ => Parse(ArgumentText.Of(inputData!)) ?? throw Refused(value, ArgumentText.Of(inputData!)),
        };
    }

    // (1d) is a number to PowerShell too; nothing is left of its d.
    private static ArgumentTransformationMetadataException Refused(object value, string text) => new(
        $"'{text}' is no duration. Write 30s, 15m, 4h, 1d or '1d12h', or give a TimeSpan."
        + (value is int or long or double or decimal or short && text.All(char.IsAsciiDigit)
            ? $" A bare number has no unit: say it and put the duration in quotes, such as '{text}d'."
            : ""));

    private static TimeSpan? Parse(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            var isSpan = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span);
            return isSpan && span >= TimeSpan.Zero ? span : null;
        }

        var match = Form().Match(text.Trim());
        if (!match.Success || match.Length == 0)
        {
            return null;
        }

        return new TimeSpan(Part(match, 1), Part(match, 2), Part(match, 3), Part(match, 4));
    }

    private static int Part(Match match, int group) =>
        match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;

    // Five digits are the most that every unit can hold without overflowing.
    [GeneratedRegex(
        @"^(?:([0-9]{1,5})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
