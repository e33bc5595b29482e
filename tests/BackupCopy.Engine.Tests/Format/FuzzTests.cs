using BackupCopy.Format;
using FormatRecord = BackupCopy.Format.Record;

namespace BackupCopy.Tests.Format;

/// <summary>
/// Whatever bytes come, reading ends with a value or with the engine's own error, and soon.
/// </summary>
public sealed class FuzzTests
{
    // The largest legitimate answer to a small input: an expanded block.
    private const long MostBytes = 8 << 20;

    public static TheoryData<string> StructureNames => Structures.Names;

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void Garbage_never_escapes_as_another_exception(string name)
    {
        var structure = Structures.Named(name);
        foreach (var seed in TestBudget.Seeds(400))
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(600)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
            {
                var golden = structure.Bytes();
                var front = Math.Min(random.Next(32), Math.Min(golden.Length, bytes.Length));
                golden.AsSpan(0, front).CopyTo(bytes);
            }

            Try(structure, bytes, seed);
        }
    }

    [Theory]
    [MemberData(nameof(StructureNames))]
    public void Wrong_values_behind_a_right_checksum_never_escape_as_another_exception(string name)
    {
        var structure = Structures.Named(name);
        foreach (var seed in TestBudget.Seeds(2000))
        {
            var random = new Random(seed);
            var bytes = Mutate(structure.Bytes(), random);
            Structures.Sum(structure, bytes);
            Try(structure, bytes, seed);
        }
    }

    [Fact]
    public void Garbage_is_no_map_node()
    {
        var entries = new MapEntry[FormatLimits.FanOut];
        foreach (var seed in TestBudget.Seeds(2000))
        {
            var bytes = Mutate(Golden.Bytes("map-node"), new Random(seed));
            try
            {
                MapNode.Read(bytes, 1, 7, entries, "map");
            }
            catch (BackupCopyException)
            {
            }
        }
    }

    [Fact]
    public void A_wrong_key_or_chain_never_escapes_as_another_exception()
    {
        foreach (var seed in TestBudget.Seeds(200))
        {
            var random = new Random(seed);
            var slot = Mutate(Golden.Bytes("record-sealed"), random);
            Structures.Sum(Structures.Named("record-sealed"), slot);
            try
            {
                var header = FormatRecord.Verify(slot, "f", 0);
                using var seal = Known.SealOf(RecordKind.MapNode);
                FormatRecord.Open(slot, header, seal, Known.MachineId, "f", 0);
                Assert.Fail($"seed {seed}: opened");
            }
            catch (BackupCopyException)
            {
            }
        }
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes = bytes[..at];
                    break;
                case 1:
                    bytes = [.. bytes.AsSpan(0, at), (byte)random.Next(256), .. bytes.AsSpan(at)];
                    break;
                case 2:
                    random.NextBytes(bytes.AsSpan(at, Math.Min(random.Next(1, 9), bytes.Length - at)));
                    break;
                case 3:
                    bytes.AsSpan(at, Math.Min(4, bytes.Length - at)).Fill(0xff);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }

            if (bytes.Length == 0)
            {
                return bytes;
            }
        }

        return bytes;
    }

    private static void Try(Structure structure, byte[] bytes, int seed)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            structure.Read(bytes);
        }
        catch (BackupCopyException)
        {
        }
        catch (Exception error)
        {
            Assert.Fail($"{structure.Name}, seed {seed}: {error}");
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < MostBytes, $"{structure.Name}, seed {seed}: {taken} bytes were allocated");
    }
}
