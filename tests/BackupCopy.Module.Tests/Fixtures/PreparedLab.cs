namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>One prepared lab for a class whose tests leave it as it is.</summary>
public sealed class PreparedLab : IDisposable
{
    private readonly HostedModule _hosted = new();

    public PreparedLab() => Lab = Lab.Prepared(_hosted);

    internal Lab Lab { get; }

    public void Dispose()
    {
        Lab.Dispose();
        _hosted.Dispose();
    }
}
