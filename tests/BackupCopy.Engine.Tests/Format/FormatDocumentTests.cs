using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

/// <summary>What docs/FORMAT.md says is what the code does.</summary>
public sealed partial class FormatDocumentTests
{
    private static readonly string[] s_lines = File.ReadAllLines(SourceTree.At("docs", "FORMAT.md"));

    public static TheoryData<string, int> Tables => new()
    {
        { "Block file header", BlockFileHeader.Size },
        { "Record header", RecordHeader.Layout.Size },
        { "Map node", MapNode.HeaderBytes },
        { "Map entry", MapEntry.SizeBytes },
        { "Index header", IndexFile.HeaderBytes },
        { "Place", RecordPlace.SizeBytes },
        { "Point header", Layout(typeof(PointFile))["Body"] },
        { "Mark header", Golden.Bytes("mark").Length - 32 },
    };

    public static TheoryData<string, long> Limits => new()
    {
        { "Children of a map node", FormatLimits.FanOut },
        { "Highest map level", FormatLimits.HighestMapLevel },
        { "Largest disk in bytes", FormatLimits.LargestDiskBytes },
        { "Disks of a point", FormatLimits.Disks },
        { "Block files of a point", FormatLimits.BlockFilesOfPoint },
        { "Attachments of a point", FormatLimits.Attachments },
        { "Bytes of an attachment", FormatLimits.AttachmentBytes },
        { "Bytes of a point file", FormatLimits.PointFileBytes },
        { "Bytes of a mark", FormatLimits.MarkFileBytes },
        { "Records of a block file", FormatLimits.RecordsOfBlockFile },
        { "Bytes of a local block file", FormatLimits.LocalBlockFileBytes },
        { "Bytes of a block file that is an object", FormatLimits.ObjectBlockFileBytes },
        { "Highest offset in a block file", FormatLimits.LargestFileBytes },
        { "Bytes of a name", FormatLimits.NameBytes },
        { "Small alignment", FormatLimits.SmallAlignment },
        { "Page alignment", FormatLimits.PageAlignment },
    };

    [Fact]
    public void The_examples_are_what_the_code_writes()
    {
        var record = Known.RecordBytes(RecordKind.Block, Codec.Zstd, Known.Zstd, Known.Plain, 7);
        Assert.Equal(Convert.ToHexStringLower(record), Example("record-zstd"));
        Assert.Equal(Convert.ToHexStringLower(Known.Point.ToBytes()), Example("point"));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void The_offsets_of_a_table_add_up_to_the_size_of_the_structure(string heading, int size)
    {
        var end = 0;
        foreach (var row in Rows(heading))
        {
            Assert.Equal((row[3], end.ToString(CultureInfo.InvariantCulture)), (row[3], row[0]));
            end += int.TryParse(row[1], CultureInfo.InvariantCulture, out var length) ? length : 0;
        }

        Assert.Equal(size, end);
    }

    [Theory]
    [InlineData("Record header", typeof(RecordHeader))]
    [InlineData("Point header", typeof(PointFile))]
    public void The_fields_lie_where_the_table_says(string heading, Type structure)
    {
        var layout = Layout(structure);
        var named = Rows(heading).ToDictionary(
            row => Compact(row[3]), row => int.Parse(row[0], CultureInfo.InvariantCulture),
            StringComparer.OrdinalIgnoreCase);
        var missing = layout.Where(field => named.GetValueOrDefault(Compact(field.Key), -1) != field.Value)
            .Select(field => field.Key);

        // The code names the two versions as one, the end of the fixed part as size or body, and times by
        // their zone.
        Assert.Equal([], missing.Except(["Version", "Size", "TimeUtc", "WrittenUtc"]));
        Assert.InRange(named.Count, layout.Count - 1, layout.Count + 1);
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public void Every_limit_is_the_code_s(string name, long value) =>
        Assert.Equal(value, long.Parse(Limit(name), CultureInfo.InvariantCulture));

    [Fact]
    public void Every_limit_of_the_code_is_written_down()
    {
        Assert.Equal(
            string.Join(", ", BlockSize.Allowed),
            Limit("Block sizes").Replace(" (default)", "", StringComparison.Ordinal));
        Assert.Equal(
            typeof(FormatLimits).GetFields(BindingFlags.Public | BindingFlags.Static).Length, Limits.Count);
    }

    private static string Limit(string name) =>
        s_lines.Select(Cells).Single(cells => cells.Length == 2 && cells[0] == name)[1];

    private static Dictionary<string, int> Layout(Type structure) => structure
        .GetNestedType("Layout", BindingFlags.Public | BindingFlags.NonPublic)!
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(field => field.Name, field => (int)field.GetRawConstantValue()!);

    private static IEnumerable<string[]> Rows(string heading) => s_lines
        .SkipWhile(line => line != "### " + heading)
        .SkipWhile(line => !line.StartsWith("|---", StringComparison.Ordinal)).Skip(1)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(Cells);

    private static string[] Cells(string line) =>
        line.StartsWith('|') ? [.. line.Trim('|').Split('|').Select(cell => cell.Trim())] : [];

    private static string Compact(string name) => name.Replace(" ", "", StringComparison.Ordinal);

    private static string Example(string name) => string.Concat(s_lines
        .SkipWhile(line => line != "```" + name).Skip(1)
        .TakeWhile(line => line != "```")
        .SelectMany(line => HexByte().Matches(line.Split('|')[0][8..]).Select(match => match.Value)));

    [GeneratedRegex("[0-9a-f]{2}")]
    private static partial Regex HexByte();
}
