namespace BackupCopy.HelpWriter;

/// <summary>
/// One page of help in Markdown: <c># Name</c> and the synopsis, then the sections Description, Parameters
/// (<c>### -Name</c>), Outputs, Examples (<c>### Title</c>, a fenced block, remarks), Notes and See also (a
/// list).
/// </summary>
internal sealed class HelpPage
{
    private readonly Dictionary<string, List<Entry>> _sections = new(StringComparer.OrdinalIgnoreCase);

    private HelpPage(string file, string name)
    {
        File = file;
        Name = name;
    }

    public string File { get; }

    public string Name { get; }

    public IReadOnlyList<string> Synopsis => Text("");

    public IReadOnlyList<string> Description => Text("Description");

    public IReadOnlyList<string> Outputs => Text("Outputs");

    public IReadOnlyList<string> Notes => Text("Notes");

    public IEnumerable<string> SeeAlso =>
        Text("See also").SelectMany(list => list.Split("- ", StringSplitOptions.RemoveEmptyEntries))
            .Select(link => link.Trim());

    public IReadOnlyList<Entry> Parameters => Entries("Parameters");

    public IReadOnlyList<Entry> Examples => Entries("Examples");

    /// <summary>What stands under one third-level heading.</summary>
    public sealed record Entry(string Title)
    {
        public List<string> Code { get; } = [];

        public List<string> Paragraphs { get; } = [];
    }

    public static HelpPage Read(string file)
    {
        var lines = System.IO.File.ReadAllLines(file);
        if (lines.Length == 0 || !lines[0].StartsWith("# ", StringComparison.Ordinal))
        {
            throw new HelpException(file, "the page has to start with '# Name'.");
        }

        var page = new HelpPage(file, lines[0][2..].Trim());
        page.Read(lines.AsSpan(1));
        return page;
    }

    private void Read(ReadOnlySpan<string> lines)
    {
        var section = _sections[""] = [new Entry("")];
        var inCode = false;
        var paragraphEnded = true;
        foreach (var line in lines)
        {
            var isFence = line.StartsWith("```", StringComparison.Ordinal);
            if (isFence)
            {
                inCode = !inCode;
            }
            else if (inCode)
            {
                section[^1].Code.Add(line);
            }
            else if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = _sections[line[3..].Trim()] = [new Entry("")];
            }
            else if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                section.Add(new Entry(line[4..].Trim()));
            }
            else if (line.Length > 0)
            {
                Append(section[^1].Paragraphs, line.Trim(), paragraphEnded);
            }

            paragraphEnded = line.Length == 0 || line[0] == '#' || isFence;
        }
    }

    private static void Append(List<string> paragraphs, string line, bool startsParagraph)
    {
        if (startsParagraph || paragraphs.Count == 0)
        {
            paragraphs.Add(line);
        }
        else
        {
            paragraphs[^1] += " " + line;
        }
    }

    private List<string> Text(string section) =>
        _sections.TryGetValue(section, out var found) ? found[0].Paragraphs : [];

    private List<Entry> Entries(string section) =>
        _sections.TryGetValue(section, out var found) ? found[1..] : [];
}
