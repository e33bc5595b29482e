using System.Management.Automation;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>A temporary folder with a catalog that the module's cmdlets use until it is gone.</summary>
internal sealed class Lab : IDisposable
{
    private readonly HostedModule _hosted;

    public Lab(HostedModule hosted)
    {
        _hosted = hosted;
        Root = Directory.CreateTempSubdirectory("backupcopy-lab-").FullName;
        Get($". '{Places.LabScript}'; Enter-Lab '{Root}'");
    }

    public string Root { get; }

    public string Catalog => Path.Combine(Root, "catalog.db");

    /// <summary>A lab with machines, repositories and a job that ran.</summary>
    public static Lab Prepared(HostedModule hosted)
    {
        var lab = new Lab(hosted);
        lab.Get("Initialize-Lab");
        return lab;
    }

    public HostedResult Run(string script, params object?[] arguments) => _hosted.Run(script, arguments);

    /// <summary>What a script returns that writes no error.</summary>
    public IReadOnlyList<PSObject> Get(string script, params object?[] arguments)
    {
        var result = Run(script, arguments);
        Assert.Empty(result.Errors.Select(error => error.Exception.Message));
        return result.Output;
    }

    /// <summary>The one error of a script.</summary>
    public ErrorRecord Error(string script, params object?[] arguments) =>
        Assert.Single(Run(script, arguments).Errors);

    public string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public void Dispose() => Run("Exit-Lab");
}
