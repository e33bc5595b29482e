using System.IO.Hashing;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Runtime.Loader;
using ZstdSharp;

// A program that uses older versions of two of the module's dependencies, imports the module (the manifest is
// its argument) and prints which versions each side uses. The program uses its own before and after the
// import.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
UseOwnVersions();
using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
runspace.Open();
using var powershell = PowerShell.Create(runspace);
powershell.AddCommand("Import-Module")
    .AddParameter("Name", args[0]).AddParameter("ErrorAction", "Stop").Invoke();

// The first reference to the engine is what a cmdlet does.
var context = AssemblyLoadContext.GetLoadContext(Assembly.Load("BackupCopy.Engine"))!;
Report("module", context.LoadFromAssemblyName(new AssemblyName("System.IO.Hashing")));
Report("module", context.LoadFromAssemblyName(new AssemblyName("ZstdSharp")));

UseOwnVersions();
Report("program", typeof(XxHash3).Assembly);
Report("program", typeof(Compressor).Assembly);

static void UseOwnVersions()
{
    using var compressor = new Compressor();
    XxHash3.Hash(compressor.Wrap(new byte[1000]));
}

static void Report(string user, Assembly assembly)
{
    var name = assembly.GetName();
    Console.WriteLine($"{user} {name.Name} {name.Version!.ToString(3)}");
}
