using System.Management.Automation;
using System.Management.Automation.Runspaces;
using BackupCopy.HelpWriter;

// Arguments: the laid module's manifest, the folder of the pages, the file to write.
try
{
    Write(args[0], args[1], args[2]);
    return 0;
}
catch (HelpException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

static void Write(string manifest, string folder, string output)
{
    var pages = Directory.GetFiles(folder, "*.md").Select(HelpPage.Read).ToDictionary(page => page.Name);
    if (!pages.Remove("Shared", out var shared))
    {
        throw new HelpException(folder, "the page Shared.md is missing.");
    }

    var cmdlets = CmdletsOf(manifest);
    foreach (var cmdlet in cmdlets.Where(cmdlet => !pages.ContainsKey(cmdlet.Name)))
    {
        throw new HelpException(folder, $"the page {cmdlet.Name}.md is missing.");
    }

    foreach (var page in pages.Values.Where(page => !cmdlets.Exists(cmdlet => cmdlet.Name == page.Name)))
    {
        throw new HelpException(page.File, $"the module exports no cmdlet {page.Name}.");
    }

    var document = new MamlWriter(shared).Write(cmdlets.Select(cmdlet => (cmdlet, pages[cmdlet.Name])));
    Directory.CreateDirectory(Path.GetDirectoryName(output)!);
    document.Save(output);
}

static List<CmdletInfo> CmdletsOf(string manifest)
{
    Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
    using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
    runspace.Open();
    using var powershell = PowerShell.Create(runspace);
    powershell.AddCommand("Import-Module")
        .AddParameter("Name", manifest).AddParameter("ErrorAction", "Stop").AddParameter("PassThru");
    var module = (PSModuleInfo)powershell.Invoke()[0].BaseObject;
    return [.. module.ExportedCmdlets.Values.OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)];
}
