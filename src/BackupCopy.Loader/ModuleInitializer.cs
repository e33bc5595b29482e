using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace BackupCopy.Loader;

/// <summary>
/// The manifest's nested module: it is imported before the cmdlets, so the engine they refer to already has a
/// place to come from, a load context of its own that no other module's assemblies reach.
/// </summary>
/// <remarks>
/// Nothing is undone when the module is removed: other runspaces of the process may still use it, the
/// cmdlets' assembly stays loaded in any case, and the runtime asks again for what it has not bound yet.
/// </remarks>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private const string Engine = "BackupCopy.Engine";

    private static readonly Lazy<ModuleLoadContext> s_context = new(CreateContext);

    /// <summary>Runs for every import in every runspace; the first one of a process counts.</summary>
    public void OnImport() => _ = s_context.Value;

    private static ModuleLoadContext CreateContext()
    {
        var module = Path.GetDirectoryName(typeof(ModuleInitializer).Assembly.Location)!;
        var context = new ModuleLoadContext(Path.Combine(module, "lib"));
        AssemblyLoadContext.Default.Resolving += (_, name) => Resolve(context, name);
        return context;
    }

    private static Assembly? Resolve(ModuleLoadContext context, AssemblyName name) =>
        name.Name == Engine ? context.LoadFromAssemblyName(name) : null;
}
