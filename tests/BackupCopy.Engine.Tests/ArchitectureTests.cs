using System.Text.RegularExpressions;

namespace BackupCopy.Tests;

/// <summary>The folders of the engine use only what docs/ARCHITECTURE.md allows them.</summary>
public sealed partial class ArchitectureTests
{
    // Folder -> folders it may use directly; what those may use is allowed too.
    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["Blocks"] = [],
        ["Format"] = ["Blocks"],
        ["Storage"] = ["Format"],
        ["Chains"] = ["Storage"],
        ["Images"] = [],
        ["Sources"] = ["Chains", "Images"],
        ["Copying"] = ["Sources", "Chains"],
        ["Restoring"] = ["Chains", "Copying", "Images"],
        ["Health"] = ["Sources", "Chains"],
        ["Inventory"] = [],
        ["Retention"] = [],
        ["Jobs"] = ["Retention"],
        ["Catalog"] = ["Jobs", "Inventory", "Storage"],
        ["Reporting"] = ["Jobs", "Blocks", "Format", "Retention"],
        ["Running"] =
        [
            "Blocks", "Format", "Storage", "Chains", "Images", "Sources", "Copying", "Restoring", "Health",
            "Inventory", "Jobs", "Retention", "Catalog", "Reporting",
        ],
    };

    private static string Engine { get; } = SourceTree.At("src", "BackupCopy.Engine");

    public static TheoryData<string> Folders => [.. s_mayUse.Keys];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_what_it_may(string folder)
    {
        var allowed = Reachable(folder);
        foreach (var file in Directory.GetFiles(
            Path.Combine(Engine, folder), "*.cs", SearchOption.AllDirectories))
        {
            var used = Uses().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)
                .Where(s_mayUse.ContainsKey).Where(u => u != folder);
            Assert.Empty(
                used.Where(u => !allowed.Contains(u)).Select(u => $"{Path.GetFileName(file)} uses {u}"));
        }
    }

    [Fact]
    public void Every_folder_has_its_line_here()
    {
        var folders = Directory.GetDirectories(Engine).Select(Path.GetFileName)
            .Where(f => f is not ("bin" or "obj"));
        Assert.Equal(s_mayUse.Keys.Order(), folders.Order());
    }

    [Fact]
    public void The_engine_knows_nothing_of_PowerShell() => Assert.DoesNotContain(
        typeof(BackupCopyException).Assembly.GetReferencedAssemblies(),
        a => a.Name!.Contains("Automation", StringComparison.Ordinal));

    [Fact]
    public void Only_the_catalog_knows_LiteDB() => Assert.DoesNotContain(
        EngineFiles("Catalog"), f => File.ReadAllText(f).Contains("LiteDB", StringComparison.Ordinal));

    [Fact]
    public void Only_storage_images_and_sources_open_files() => Assert.Empty(
        EngineFiles("Storage", "Images", "Sources")
            .Where(f => OpensFiles().IsMatch(File.ReadAllText(f)))
            .Select(f => Path.GetRelativePath(Engine, f)));

    [Fact]
    public void Nothing_reads_the_clock_but_a_time_provider() => Assert.Empty(
        EngineFiles().Where(f => Clock().IsMatch(File.ReadAllText(f)))
            .Select(f => Path.GetRelativePath(Engine, f)));

    [Fact]
    public void Files_are_at_most_400_lines_and_lines_at_most_110_columns()
    {
        var source = Directory.GetFiles(SourceTree.At("src"), "*.cs", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(SourceTree.At("tests"), "*.cs", SearchOption.AllDirectories))
            .Where(f =>
                !f.Contains(
                    $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}",
                    StringComparison.Ordinal)
                && !f.Contains(
                    $"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}",
                    StringComparison.Ordinal));
        var faults = new List<string>();
        foreach (var file in source)
        {
            var lines = File.ReadAllLines(file);
            if (lines.Length > 400)
            {
                faults.Add($"{file}: {lines.Length} lines");
            }

            faults.AddRange(lines.Select((l, i) => (l.Length, i)).Where(l => l.Length > 110)
                .Select(l => $"{file}:{l.i + 1}: {l.Length} columns"));
        }

        Assert.Empty(faults);
    }

    private static IEnumerable<string> EngineFiles(params string[] except) =>
        s_mayUse.Keys.Except(except)
            .SelectMany(f => Directory.GetFiles(
                Path.Combine(Engine, f), "*.cs", SearchOption.AllDirectories));

    private static HashSet<string> Reachable(string folder)
    {
        var reached = new HashSet<string>();
        var open = new Queue<string>(s_mayUse[folder]);
        while (open.TryDequeue(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var further in s_mayUse[next])
                {
                    open.Enqueue(further);
                }
            }
        }

        return reached;
    }

    [GeneratedRegex(@"(?:using BackupCopy\.|(?<![\w.])(?:BackupCopy\.)?)(\w+)(?=;|\.\w)")]
    private static partial Regex Uses();

    [GeneratedRegex(
        @"(?<![\w.])File\.(Open|Create|ReadAll|ReadLines|WriteAll|Append)|\bnew FileStream|\bRandomAccess\."
        + @"|File\.OpenHandle")]
    private static partial Regex OpensFiles();

    [GeneratedRegex(@"DateTime(Offset)?\.(UtcNow|Now)")]
    private static partial Regex Clock();
}
