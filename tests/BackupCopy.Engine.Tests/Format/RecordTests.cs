using BackupCopy.Blocks;
using BackupCopy.Format;
using Record = BackupCopy.Format.Record;

namespace BackupCopy.Tests.Format;

public sealed class RecordTests
{
    private const string File = "00000012.bcblocks";

    [Theory]
    [InlineData("record-zstd", Codec.Zstd, 7u)]
    [InlineData("record-lz4", Codec.Lz4, 8u)]
    [InlineData("record-incompressible", Codec.None, 9u)]
    internal void A_plain_record_has_its_golden_bytes(string name, Codec codec, uint ordinal)
    {
        var (payload, plain) = Content(codec);
        Golden.Equal(name, Known.RecordBytes(RecordKind.Block, codec, payload, plain, ordinal));

        var slot = Golden.Bytes(name);
        var header = Record.Verify(slot, File, 4096);

        Assert.Equal((RecordKind.Block, codec, ordinal), (header.Kind, header.Codec, header.OriginOrdinal));
        Assert.Equal(codec == Codec.None ? RecordFlags.Incompressible : RecordFlags.None, header.Flags);
        Assert.Equal(Known.DataFileId, header.OriginFileId);
        Assert.Equal(plain, Expand(slot, header));
    }

    [Fact]
    public void A_sealed_record_has_its_golden_bytes()
    {
        Golden.Equal("record-sealed", Known.RecordBytes(
            RecordKind.Block, Codec.Zstd, Known.Zstd, Known.Plain, 7, isSealed: true));

        var slot = Golden.Bytes("record-sealed");
        var header = Record.Verify(slot, File, 0);
        Assert.Equal(RecordFlags.Sealed, header.Flags);
        using var seal = Known.SealOf(RecordKind.Block);
        header = Record.Open(slot, header, seal, Known.MachineId, File, 0);

        Assert.Equal(Known.Plain, Expand(slot, header));
    }

    [Fact]
    public void A_map_node_record_has_its_golden_bytes()
    {
        var node = Known.MapNodeBytes();

        Golden.Equal("record-map-node", Known.RecordBytes(RecordKind.MapNode, Codec.None, node, node, 0));
        Golden.Equal("record-map-node-sealed", Known.RecordBytes(
            RecordKind.MapNode, Codec.None, node, node, 0, isSealed: true));
    }

    [Theory]
    [InlineData("chain")]
    [InlineData("file")]
    [InlineData("kind")]
    [InlineData("key")]
    [InlineData("ordinal")]
    public void A_sealed_record_opens_only_for_its_own_chain_file_kind_key_and_ordinal(string other)
    {
        var slot = Golden.Bytes("record-sealed");
        var header = Record.Verify(slot, File, 0);
        var key = (byte[])Known.Key.Clone();
        key[31] ^= (byte)(other == "key" ? 1 : 0);
        using var seal = new Seal(
            key, other == "file" ? Known.MapFileId : Known.DataFileId,
            other == "kind" ? SealKind.MapFile : SealKind.DataFile);
        header = other == "ordinal" ? header with { OriginOrdinal = 8 } : header;
        var chain = other == "chain" ? Known.PointId : Known.MachineId;

        var error = Assert.Throws<BackupCopyException>(() => Record.Open(slot, header, seal, chain, File, 0));

        Assert.Equal(ErrorCode.DamagedRecord, error.Code);
        var secret = slot.AsSpan(RecordHeader.Layout.Digest..header.RecordLength);
        Assert.Equal(-1, secret.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_record_moves_byte_for_byte()
    {
        var here = Golden.Bytes("record-zstd");
        var there = new byte[4096 + here.Length];
        here.CopyTo(there, 4096);

        Assert.Equal(
            Record.Verify(here, File, 0), Record.Verify(there.AsSpan(4096), "00000099.bcblocks", 4096));
    }

    [Fact]
    public void The_bytes_of_a_slot_behind_the_record_are_zero_and_not_part_of_the_checksum()
    {
        var slot = Known.RecordBytes(RecordKind.Block, Codec.Zstd, Known.Zstd, Known.Plain, 7);
        var padding = slot.AsSpan(RecordHeader.Layout.Size + Known.Zstd.Length);
        Assert.Equal(-1, padding.IndexOfAnyExcept((byte)0));

        padding.Fill(0xff);

        Assert.Equal(Known.Plain.Length, Record.Verify(slot, File, 0).PlainLength);
    }

    private static (byte[] Payload, byte[] Plain) Content(Codec codec) => codec switch
    {
        Codec.Zstd => (Known.Zstd, Known.Plain),
        Codec.Lz4 => (Known.Lz4, Known.Plain),
        _ => (Known.Incompressible, Known.Incompressible),
    };

    private static byte[] Expand(byte[] slot, RecordHeader header)
    {
        using var codec = new BlockCodec();
        var plain = new byte[header.PlainLength];
        Assert.True(codec.TryExpand(
            header.Codec, slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength), plain));
        Assert.Equal(Digest.Of(plain), header.Digest);
        return plain;
    }
}
