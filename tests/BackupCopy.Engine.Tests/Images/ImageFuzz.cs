using BackupCopy.Images;

namespace BackupCopy.Tests.Images;

/// <summary>
/// Throws changed images at a reader: fields of its structures take values that hurt (0, all ones, sizes
/// around limits, offsets into itself), bits flip, the file ends early. Whatever comes is read, or refused
/// with an error of images; nothing else may be thrown, and no more may be read than the file's size allows.
/// </summary>
internal static class ImageFuzz
{
    /// <summary>How many changed images each seed image gets in the usual run.</summary>
    public const int UsualExecutions = 2_000;

    private static readonly ulong[] s_values =
    [
        0, 1, 2, 3, 7, 8, 9, 16, 511, 512, 513, 4095, 4096, 65535, 65536, 1 << 20, 1 << 21, 1 << 30,
        int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, 1UL << 40, 1UL << 50, 1UL << 56, long.MaxValue,
        1UL << 63, ulong.MaxValue, ulong.MaxValue - 511,
    ];

    private static readonly HashSet<ErrorCode> s_allowed =
    [
        ErrorCode.ImageDamaged, ErrorCode.ImageUnsupported, ErrorCode.ImageUnknown, ErrorCode.ImageOutside,
        ErrorCode.ImageNotFound, ErrorCode.ImageEmpty,
    ];

    /// <param name="seed">A sound image; small, so that each byte counts.</param>
    /// <param name="fields">Where its structures lie: these are hit most of the time.</param>
    /// <param name="others">What it may name.</param>
    /// <param name="executions">Before the test budget multiplies it.</param>
    /// <param name="fix">Mends checksums, so that what lies behind them is reached.</param>
    /// <param name="make">The file of the bytes, where these are not all of it.</param>
    public static void Run(
        byte[] seed, IReadOnlyList<(int Offset, int Length)> fields, MemoryImage[]? others = null,
        int executions = UsualExecutions, Action<byte[]>? fix = null, Func<byte[], MemoryImage>? make = null)
    {
        foreach (var number in TestBudget.Seeds(executions))
        {
            var random = new Random(number);
            var bytes = Change(seed, fields, random);
            if (random.Next(4) > 0)
            {
                fix?.Invoke(bytes);
            }

            Execute(make?.Invoke(bytes) ?? new MemoryImage("fuzz.img", bytes), others ?? [], number);
        }
    }

    public static void Execute(byte[] bytes, MemoryImage[] others, int number) =>
        Execute(new MemoryImage("fuzz.img", bytes), others, number);

    /// <summary>Reads one image as far as it goes.</summary>
    public static void Execute(MemoryImage image, MemoryImage[] others, int number)
    {
        using var session = new ImageSession(new MemoryNeighbours([image, .. others]));
        try
        {
            var open = ImageFormats.Open(session.Own(image), session, isRaw: false);
            foreach (var disk in open.Disks)
            {
                ReadSome(disk.Disk, number);
            }
        }
        catch (BackupCopyException error) when (s_allowed.Contains(error.Code))
        {
            // Refused in words.
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"Seed {number}: {error.Message}", error);
        }

        // Every page of a table once in a while, and what the reads below ask for.
        Assert.True(
            image.ReadBytes < 64L * image.Bytes.Length + (64L << 20),
            $"Seed {number} read {image.ReadBytes} bytes.");
    }

    private static void ReadSome(VirtualDisk disk, int number)
    {
        var random = new Random(number);
        var piece = new byte[70_000];
        long at = 0;
        for (var ranges = 0; ranges < 64 && disk.TryNextData(at, out var start, out var end); ranges++)
        {
            Assert.True(
                start >= at && end > start && end <= disk.SizeBytes,
                $"Seed {number}: {at}: {start} to {end}");
            disk.Read(start, piece.AsSpan(0, (int)Math.Min(piece.Length, end - start)));
            at = end;
        }

        if (disk.SizeBytes > 0)
        {
            at = random.NextInt64(disk.SizeBytes);
            disk.Read(at, piece.AsSpan(0, (int)Math.Min(piece.Length, disk.SizeBytes - at)));
        }
    }

    private static byte[] Change(byte[] seed, IReadOnlyList<(int Offset, int Length)> fields, Random random)
    {
        var bytes = (byte[])seed.Clone();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var field = random.Next(5) > 0 && fields.Count > 0
                ? fields[random.Next(fields.Count)] : (Offset: random.Next(bytes.Length), Length: 1);
            Change(bytes.AsSpan(field.Offset, Math.Min(field.Length, bytes.Length - field.Offset)), random);
        }

        return random.Next(20) == 0 ? bytes[..random.Next(1, bytes.Length)] : bytes;
    }

    private static void Change(Span<byte> structure, Random random)
    {
        var width = 1 << random.Next(4);
        if (structure.Length < width || random.Next(3) == 0)
        {
            structure[random.Next(structure.Length)] ^= (byte)(1 << random.Next(8));
            return;
        }

        var value = s_values[random.Next(s_values.Length)];
        var at = structure.Slice(random.Next(structure.Length / width) * width, width);
        var isBigEndian = random.Next(2) == 0;
        for (var i = 0; i < width; i++)
        {
            at[isBigEndian ? width - 1 - i : i] = (byte)(value >> (8 * i));
        }
    }
}
