using System.Xml;

namespace BackupCopy.Reporting;

/// <summary>Text of anywhere in a page: names may hold characters that XML cannot.</summary>
internal static class XmlText
{
    public static string Valid(string text) => string.Concat(text.EnumerateRunes()
        .Where(r => r.Value > char.MaxValue || XmlConvert.IsXmlChar((char)r.Value))
        .Select(r => r.ToString()));
}
