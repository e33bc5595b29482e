using System.Globalization;
using System.Management.Automation;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// The text of an argument as it was typed. PowerShell reads <c>1d</c> and <c>30s</c> as numbers (the
/// suffixes of decimal and short), but keeps what was typed for parameters that want text.
/// </summary>
internal static class ArgumentText
{
    /// <summary>The argument without PowerShell's wrapping.</summary>
    public static object? Unwrapped(object? argument) =>
        argument is PSObject wrapped ? wrapped.BaseObject : argument;

    public static string Of(object argument) =>
        (string)LanguagePrimitives.ConvertTo(argument, typeof(string), CultureInfo.InvariantCulture);
}
