namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>One prepared lab for a class whose tests leave it as it is.</summary>
public sealed class PreparedLab : IDisposable
{
    private readonly HostedModule _hosted = new();

    public PreparedLab()
    {
        Lab = Lab.Prepared(_hosted);

        // A way for reports, which none takes by itself.
        Lab.Get("Set-BackupCopySetting -Webhook http://127.0.0.1:1 -ReportOn Never");
    }

    internal Lab Lab { get; }

    public void Dispose()
    {
        Lab.Dispose();
        _hosted.Dispose();
    }
}
