namespace BackupCopy.HelpWriter;

/// <summary>Something is missing from a page; the build shows the message as an error of its own.</summary>
internal sealed class HelpException : Exception
{
    public HelpException(string file, string message)
        : base($"{file} : error HELP01: {message}")
    {
    }
}
