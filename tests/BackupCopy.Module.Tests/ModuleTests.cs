using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;
using System.Runtime.Loader;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.PowerShell;

namespace BackupCopy.ModuleTests;

public sealed class ModuleTests : IClassFixture<HostedModule>
{
    private static readonly Assembly s_cmdlets = typeof(BackupCopyCmdlet).Assembly;

    private static readonly Type[] s_cmdletTypes =
    [
        .. s_cmdlets.GetTypes().Where(type => type.GetCustomAttribute<CmdletAttribute>() is not null),
    ];

    private readonly HostedModule _hosted;

    public ModuleTests(HostedModule hosted) => _hosted = hosted;

    [Fact]
    public void Manifest_lists_exactly_the_cmdlets_and_aliases_of_the_assembly()
    {
        var manifest = ReadManifest();

        var cmdlets = s_cmdletTypes.Select(type => type.GetCustomAttribute<CmdletAttribute>()!)
            .Select(cmdlet => $"{cmdlet.VerbName}-{cmdlet.NounName}");
        Assert.Equal(cmdlets.Order(), Names(manifest, "CmdletsToExport").Order());

        var aliases = s_cmdletTypes
            .SelectMany(type => type.GetCustomAttribute<AliasAttribute>()?.AliasNames ?? []);
        Assert.Equal(aliases.Order(), Names(manifest, "AliasesToExport").Order());
        Assert.Empty(Names(manifest, "FunctionsToExport"));
        Assert.Empty(Names(manifest, "VariablesToExport"));
    }

    [Fact]
    public void Import_exports_what_the_manifest_lists()
    {
        Assert.Equal(
            Names(ReadManifest(), "CmdletsToExport").Order(), _hosted.Module.ExportedCmdlets.Keys.Order());
        Assert.Equal(
            s_cmdlets.GetName().Version!.ToString(3), _hosted.Module.Version.ToString());
    }

    [Fact]
    public void Every_cmdlet_type_is_named_after_its_verb_and_noun_and_sealed()
    {
        foreach (var type in s_cmdletTypes)
        {
            var cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
            Assert.Equal($"{cmdlet.VerbName}{cmdlet.NounName}Command", type.Name);
            Assert.True(type.IsSealed, type.Name);
        }
    }

    [Fact]
    public void Module_folder_holds_what_the_module_is_and_no_stub_of_PowerShell()
    {
        var files = Directory.GetFiles(Places.Module, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Places.Module, file).Replace('\\', '/')).ToArray();

        Assert.DoesNotContain(files, file => file.EndsWith("System.Management.Automation.dll"));
        Assert.Equal(
            [
                "BackupCopy.Format.ps1xml",
                "BackupCopy.Loader.dll",
                "BackupCopy.PowerShell.dll",
                "BackupCopy.PowerShell.pdb",
                "BackupCopy.Types.ps1xml",
                "BackupCopy.psd1",
                "en-US/BackupCopy.PowerShell.dll-Help.xml",
            ],
            files.Where(file => !file.StartsWith("lib/")).Order(StringComparer.Ordinal));
        Assert.Contains("lib/BackupCopy.Engine.dll", files);
        Assert.Contains("lib/LiteDB.dll", files);
    }

    [Fact]
    public void Cmdlets_refer_to_the_engine_and_to_none_of_its_dependencies()
    {
        var references = s_cmdlets.GetReferencedAssemblies().Select(name => name.Name!);
        var libraries = Directory.GetFiles(Path.Combine(Places.Module, "lib"), "*.dll")
            .Select(file => Path.GetFileNameWithoutExtension(file));

        Assert.Equal(["BackupCopy.Engine"], references.Intersect(libraries));
    }

    [Fact]
    public void Engine_lives_in_a_load_context_of_its_own_and_the_cmdlets_in_the_default_one()
    {
        var engine = AssemblyLoadContext.GetLoadContext(typeof(BackupCopyException).Assembly);
        Assert.Equal("BackupCopy", engine!.Name);
        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(s_cmdlets));
    }

    [Fact]
    public void Module_imports_again_after_it_was_removed()
    {
        using var other = new HostedModule();
        var result = other.Run(
            "Remove-Module BackupCopy; Import-Module $args[0]; Get-Module BackupCopy", Places.Manifest);

        Assert.Empty(result.Errors);
        Assert.Single(result.Output);
    }

    private static Dictionary<string, object?> ReadManifest()
    {
        var script = Parser.ParseFile(Places.Manifest, out _, out var errors);
        Assert.Empty(errors);
        var table = (HashtableAst)script.Find(ast => ast is HashtableAst, searchNestedScriptBlocks: false);
        var values = (System.Collections.Hashtable)table.SafeGetValue();
        return values.Keys.Cast<string>().ToDictionary(key => key, key => values[key]);
    }

    private static IEnumerable<string> Names(Dictionary<string, object?> manifest, string key) =>
        ((object?[]?)manifest[key] ?? []).Cast<string>();
}
