namespace BackupCopy.Benchmarks.Data;

/// <summary>
/// A sparse disk with the same pieces of noise at any size, evenly spaced over it, and one day of changes:
/// all of every fourth piece.
/// </summary>
internal static class StrewnDisk
{
    private const int PieceBytes = 1 << 20;
    private const int ChangedEvery = 4;
    private const ulong Seed = 0x5354524557;

    public static void Make(string path, long sizeBytes, long dataBytes)
    {
        using (var file = File.Create(path))
        {
            file.SetLength(sizeBytes);
        }

        Write(path, dataBytes, every: 1, day: 0);
    }

    public static void Change(string path, long dataBytes) =>
        Write(path, dataBytes, ChangedEvery, day: 1);

    private static void Write(string path, long dataBytes, int every, ulong day)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        long count = dataBytes / PieceBytes;
        long stride = RandomAccess.GetLength(file) / count / PieceBytes * PieceBytes;
        var buffer = new byte[PieceBytes];
        for (long piece = 0; piece < count; piece += every)
        {
            new SplitMix64(SplitMix64.Mix(SplitMix64.Mix(Seed, day), (ulong)piece)).Fill(buffer);
            RandomAccess.Write(file, buffer, piece * stride);
        }
    }
}
