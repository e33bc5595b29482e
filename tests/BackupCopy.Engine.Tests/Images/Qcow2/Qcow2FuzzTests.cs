using BackupCopy.Images;

namespace BackupCopy.Tests.Images.Qcow2;

/// <summary>Changed images are read or refused in words, whatever was changed.</summary>
public sealed class Qcow2FuzzTests
{
    public static TheoryData<string> Seeds => [.. s_seeds.Keys];

    private static readonly MemoryImage s_base = new("base", Deflated().Build());
    private static readonly MemoryImage s_data = new("data", Qcow2Builder.Plain(64 << 10, 9));

    private static readonly Dictionary<string, Func<Qcow2Builder>> s_seeds = new()
    {
        ["deflate"] = Deflated,
        ["zstd"] = Zstd,
        ["subclusters"] = Subclusters,
        ["based, version 2"] = () => Fill(
            new Qcow2Builder(9, 100_352, version: 2) { Backing = "base" }.With(0xe2792aca, "qcow2"), 1),
        ["external data"] = () => new Qcow2Builder(9, 65_536, features: 4).With(0x44415441, "data")
            .Entry(0, Qcow2Builder.Copied).Entry(1, Qcow2Builder.Copied | 1024)
            .Entry(2, Qcow2Builder.ReadsAsZeros).Entry(70, Qcow2Builder.Copied | 512),
    };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_changed_image_is_read_or_refused(string name)
    {
        var builder = s_seeds[name]();
        ImageFuzz.Run(builder.Build(), builder.Fields, [s_base, s_data]);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_seeds_are_sound(string name)
    {
        var image = new MemoryImage("fuzz.img", s_seeds[name]().Build());
        using var session = new ImageSession(new MemoryNeighbours([image, s_base, s_data]));
        using var disk = Assert.Single(ImageFormats.Open(session.Own(image), session, false).Disks).Disk;
        var ranges = 0;
        for (long at = 0; disk.TryNextData(at, out var start, out at); ranges++)
        {
            disk.Read(start, new byte[at - start]);
        }

        Assert.True(ranges > 1);
    }

    private static Qcow2Builder Deflated() => Fill(new Qcow2Builder(9, 65_536), 0)
        .Deflated(3, Qcow2Builder.Plain(512, 3)).Deflated(4, Qcow2Builder.Plain(512, 4))
        .Entry(7, Qcow2Builder.ReadsAsZeros);

    private static Qcow2Builder Zstd() =>
        Fill(new Qcow2Builder(12, 1 << 20, features: 8, compression: 1), 0)
            .Zstd(3, Qcow2Builder.Plain(4096, 3)).Zstd(4, Qcow2Builder.Plain(4096, 4))
            .Entry(7, Qcow2Builder.ReadsAsZeros);

    private static Qcow2Builder Subclusters() => new Qcow2Builder(14, 1 << 20, features: 16)
        .Data(0, Qcow2Builder.Plain(16 << 10, 1), 0x0000_ff00_0f0f_00f0)
        .Deflated(1, Qcow2Builder.Plain(16 << 10, 2))
        .Entry(5, 0, 0xffff_0000_0000_0000);

    private static Qcow2Builder Fill(Qcow2Builder builder, int first)
    {
        foreach (var cluster in (int[])[0, 1, 9, 70])
        {
            builder.Data(first + cluster, Qcow2Builder.Plain(builder.ClusterBytes, cluster));
        }

        return builder;
    }
}
