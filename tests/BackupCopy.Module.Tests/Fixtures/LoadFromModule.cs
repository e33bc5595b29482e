using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using BackupCopy.Loader;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>
/// Lets this assembly refer to the module's types before a test imports the module: the test runner looks at
/// every type here first.
/// </summary>
internal static class LoadFromModule
{
    [ModuleInitializer]
    internal static void Start()
    {
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Name is "BackupCopy.Loader" or "BackupCopy.PowerShell"
                ? context.LoadFromAssemblyPath(Path.Combine(Places.Module, name.Name + ".dll"))
                : null;
        StartLoader();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StartLoader() => new ModuleInitializer().OnImport();
}
