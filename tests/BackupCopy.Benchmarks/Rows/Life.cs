using BackupCopy.Benchmarks.Data;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>The operations of one round over one data set, in one folder of their own.</summary>
internal sealed class Life
{
    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    private readonly DataSet _data;
    private readonly string _folder;

    public Life(DataSet data, string folder)
    {
        _data = data;
        _folder = folder;
    }

    public string Source => Path.Combine(_folder, "source");

    public string Target => Path.Combine(_folder, "target");

    public string SparseSource => Path.Combine(_folder, "sparse-source");

    public string SparseTarget => Path.Combine(_folder, "sparse-target");

    /// <summary>The folder that an export goes to.</summary>
    public string Exported => Path.Combine(_folder, "exported");

    public string ExportedImage => Directory.EnumerateFiles(Exported).Single();

    /// <summary>The file or folder that cp copies beside the row.</summary>
    public string CopiedBeside(Row row) => row.Name switch
    {
        Row.ImageDay0 => _data.Image(0),
        Row.CopyFull => Source,
        Row.CopyDay1 => Target,
        Row.Sparse => _data.SparseImage,
        _ => _data.Image(1),
    };

    /// <summary>Where the row's result lies; what it grows by is what the row stored.</summary>
    public string ResultOf(Row row) => row.Name switch
    {
        Row.ImageDay0 or Row.ImageDay1 => Source,
        Row.Sparse => SparseSource,
        Row.Export => Exported,
        _ => Target,
    };

    /// <summary>What has to be there before the clock starts.</summary>
    public void Prepare(Row row)
    {
        string[] empty = row.Name switch
        {
            Row.ImageDay0 => [Source],
            Row.CopyFull => [Target],
            Row.Sparse => [SparseSource, SparseTarget],
            _ => [],
        };
        foreach (string repository in empty)
        {
            EngineOperations.CreateRepository(repository);
        }
    }

    public async Task RunAsync(Row row)
    {
        switch (row.Name)
        {
            case Row.ImageDay0:
                await EngineOperations.AppendImageAsync(Source, _data.Image(0), FirstDay);
                break;
            case Row.ImageDay1:
                await EngineOperations.AppendImageAsync(Source, _data.Image(1), FirstDay.AddDays(1));
                break;
            case Row.CopyFull or Row.CopyDay1:
                await EngineOperations.CopyNewestAsync(Source, Target);
                break;
            case Row.Export:
                await EngineOperations.ExportNewestAsync(Target, Exported);
                break;
            case Row.Sparse:
                await EngineOperations.AppendImageAsync(SparseSource, _data.SparseImage, FirstDay);
                await EngineOperations.CopyNewestAsync(SparseSource, SparseTarget);
                await EngineOperations.ExportNewestAsync(SparseTarget, Exported);
                break;
            default:
                throw new ArgumentException($"'{row.Name}' is not an operation.");
        }
    }
}
