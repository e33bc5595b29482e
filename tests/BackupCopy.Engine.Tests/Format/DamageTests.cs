namespace BackupCopy.Tests.Format;

public sealed class DamageTests
{
    public static TheoryData<string> StructureNames => Structures.Names;

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void Every_flipped_bit_is_detected(string name)
    {
        var structure = Structures.Named(name);
        var golden = structure.Bytes();
        structure.Read((byte[])golden.Clone());
        for (var bit = 0; bit < golden.Length * 8; bit++)
        {
            var bytes = (byte[])golden.Clone();
            bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
            Refused(structure, bytes, $"bit {bit & 7} of byte {bit >> 3}");
        }
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void Every_shorter_or_longer_form_is_detected(string name)
    {
        var structure = Structures.Named(name);
        var golden = structure.Bytes();
        for (var length = 0; length < golden.Length; length++)
        {
            // The newline that ends a description is the one byte that can be missed without loss.
            if (name != "repository.json" || length != golden.Length - 1)
            {
                Refused(structure, golden[..length], $"{length} bytes of {golden.Length}");
            }
        }

        if (!name.Contains("record", StringComparison.Ordinal) && name != "block-file-header")
        {
            Refused(structure, [.. golden, 1], "one byte more");
        }
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void Zeros_and_old_sectors_in_any_place_are_detected(string name)
    {
        var structure = Structures.Named(name);
        var golden = structure.Bytes();
        for (var start = 0; start < golden.Length; start++)
        {
            var bytes = (byte[])golden.Clone();
            bytes.AsSpan(start, Math.Min(32, golden.Length - start)).Clear();
            if (!bytes.AsSpan().SequenceEqual(golden))
            {
                Refused(structure, bytes, $"zeros from {start}");
            }
        }
    }

    private static void Refused(Structure structure, byte[] bytes, string what)
    {
        var length = bytes.Length;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            structure.Read(bytes);
        }
        catch (BackupCopyException error) when (
            error.Code is ErrorCode.DamagedFile or ErrorCode.DamagedRecord or ErrorCode.UnsupportedFormat)
        {
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 1 << 20, $"{structure.Name} of {length} bytes, {what}: {taken} bytes taken");
            return;
        }

        Assert.Fail($"{structure.Name} of {length} bytes, {what}: read as if nothing had happened.");
    }
}
