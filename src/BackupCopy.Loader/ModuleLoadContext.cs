using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace BackupCopy.Loader;

/// <summary>
/// Holds the engine and everything it depends on, at exactly the versions that lie in the module's lib
/// folder. What is not there (the framework, the cmdlets) comes from the default context as usual.
/// </summary>
/// <remarks>Never unloaded: types of the engine live on in the objects that the cmdlets return.</remarks>
internal sealed class ModuleLoadContext : AssemblyLoadContext
{
    private readonly string _libraryFolder;

    public ModuleLoadContext(string libraryFolder)
        : base("BackupCopy") => _libraryFolder = libraryFolder;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var file = Path.Combine(_libraryFolder, assemblyName.Name + ".dll");
        return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        foreach (var name in NamesOf(unmanagedDllName))
        {
            var file = Path.Combine(
                _libraryFolder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", name);
            if (File.Exists(file))
            {
                return LoadUnmanagedDllFromPath(file);
            }
        }

        return 0;
    }

    private static string[] NamesOf(string library)
    {
        var extension = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";
        return [library, library + extension, "lib" + library + extension];
    }
}
