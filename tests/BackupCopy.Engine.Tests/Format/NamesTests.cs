using System.Text;
using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class NamesTests
{
    private static readonly Guid s_id = new("0123abcd-0000-4000-8000-000000000000");

    [Theory]
    [InlineData("web01", "web01.0123abcd")]
    [InlineData("Nightly copy", "Nightly copy.0123abcd")]
    [InlineData("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j.0123abcd")]
    [InlineData("..", "_.0123abcd")]
    [InlineData("../../etc", ".._.._etc.0123abcd")]
    [InlineData(" .hidden", ".hidden.0123abcd")]
    [InlineData("ends. . ", "ends.0123abcd")]
    [InlineData("tab\tand\u007f", "tab_and_.0123abcd")]
    [InlineData("CON", "_CON.0123abcd")]
    [InlineData("nul", "_nul.0123abcd")]
    [InlineData("Com1.txt", "_Com1.txt.0123abcd")]
    [InlineData("LPT9 ", "_LPT9.0123abcd")]
    [InlineData("conin$", "_conin$.0123abcd")]
    [InlineData("com²", "_com².0123abcd")]
    [InlineData("COM10", "COM10.0123abcd")]
    [InlineData("", "_.0123abcd")]
    [InlineData("...", "_.0123abcd")]
    [InlineData("Größe 💾", "Größe 💾.0123abcd")]
    public void A_folder_name_is_safe_everywhere(string name, string folder) =>
        Assert.Equal(folder, Names.Folder(name, s_id));

    [Fact]
    public void Long_names_are_cut_between_characters()
    {
        Assert.Equal(new string('x', 80) + ".0123abcd", Names.Folder(new string('x', 255), s_id));
        Assert.Equal(
            string.Concat(Enumerable.Repeat("💾", 20)) + ".0123abcd",
            Names.Folder(string.Concat(Enumerable.Repeat("💾", 64)), s_id));
        Assert.Equal(
            "x" + string.Concat(Enumerable.Repeat("💾", 19)) + ".0123abcd",
            Names.Folder("x" + string.Concat(Enumerable.Repeat("💾", 64)), s_id));
        Assert.InRange(Encoding.UTF8.GetByteCount(Names.Folder(new string('€', 255), s_id)), 1, 89);
    }

    [Theory]
    [InlineData(7, 3, "00000007_00000003.bchigh")]
    [InlineData(123456789012, uint.MaxValue, "123456789012_4294967295.bchigh")]
    public void The_highest_numbers_given_out_make_a_name_and_are_read_back(
        long sequence, uint number, string name)
    {
        Assert.Equal(name, Names.HighWaterFile(sequence, number));
        Assert.True(Names.TryHighWater(name, out var readSequence, out var readNumber));
        Assert.Equal((sequence, number), (readSequence, readNumber));
    }

    [Theory]
    [InlineData("00000007_00000003.bchigh.tmp")]
    [InlineData("7_3.bchigh")]
    [InlineData("00000007.bchigh")]
    [InlineData("_00000003.bchigh")]
    [InlineData("00000007_4294967296.bchigh")]
    [InlineData("-0000007_00000003.bchigh")]
    [InlineData("00000007_00000003_1.bchigh")]
    public void Another_name_tells_no_highest_numbers(string name) =>
        Assert.False(Names.TryHighWater(name, out _, out _));

    [Fact]
    public void A_lone_surrogate_becomes_a_name_that_utf8_can_hold()
    {
        var folder = Names.Folder("a\ud800b", s_id);

        Assert.Equal(folder, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(folder)));
    }

    [Fact]
    public void Names_that_differ_only_in_case_get_different_folders()
    {
        var other = new Guid("89abcdef-0000-4000-8000-000000000000");

        Assert.False(string.Equals(
            Names.Folder("Web01", s_id), Names.Folder("web01", other), StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("web01", true)]
    [InlineData("con.fig", false)]
    [InlineData("confi.g", true)]
    [InlineData("AUX", false)]
    [InlineData("lpt1.anything", false)]
    [InlineData("", false)]
    [InlineData("  ", false)]
    [InlineData("a\nb", false)]
    [InlineData("all*", false)]
    [InlineData("what?", false)]
    [InlineData("[x]", false)]
    [InlineData("Größe 💾", true)]
    public void A_name_is_acceptable_or_the_reason_says_why_not(string name, bool isAcceptable)
    {
        Assert.Equal(isAcceptable, Names.IsAcceptable(name, out var reason));
        Assert.Equal(isAcceptable, reason.Length == 0);
    }

    [Fact]
    public void A_name_of_1024_bytes_is_acceptable_and_a_longer_one_is_not()
    {
        Assert.True(Names.IsAcceptable(new string('ä', 512), out _));
        Assert.False(Names.IsAcceptable(new string('ä', 512) + "x", out _));
    }

    [Theory]
    [InlineData(1L, "00000001_20260304T050607Z.bcpoint")]
    [InlineData(99999999L, "99999999_20260304T050607Z.bcpoint")]
    [InlineData(123456789012L, "123456789012_20260304T050607Z.bcpoint")]
    public void Point_names_come_back(long sequence, string name)
    {
        Assert.Equal(name, Names.PointFile(sequence, Known.Time));
        Assert.True(Names.TryPoint(name, Names.Point, out var back));
        Assert.Equal(sequence, back);
    }

    [Theory]
    [InlineData(1u, "00000001.bcblocks")]
    [InlineData(uint.MaxValue, "4294967295.bcblocks")]
    public void Block_file_names_come_back(uint number, string name)
    {
        Assert.Equal(name, Names.BlockFile(number));
        Assert.True(Names.TryNumber(name, Names.Blocks, out var back));
        Assert.Equal(number, back);
        Assert.True(Names.TryNumber(Names.IndexFile(number), Names.Index, out back));
        Assert.Equal(number, back);
    }

    [Theory]
    [InlineData("1.bcblocks")]
    [InlineData("000000001.bcblocks")]
    [InlineData("4294967296.bcblocks")]
    [InlineData("-0000001.bcblocks")]
    [InlineData("0000000x.bcblocks")]
    [InlineData("00000001.bcblocks.tmp")]
    [InlineData("00000001.bcindex")]
    [InlineData(".bcblocks")]
    public void Other_names_are_no_block_files(string name) =>
        Assert.False(Names.TryNumber(name, Names.Blocks, out _));

    [Theory]
    [InlineData("1_20260304T050607Z.bcpoint")]
    [InlineData("000000001_20260304T050607Z.bcpoint")]
    [InlineData("00000000_20260304T050607Z.bcpoint")]
    [InlineData("99999999999999999999_20260304T050607Z.bcpoint")]
    [InlineData("00000001.bcpoint")]
    [InlineData("00000001_20260304T050607Z.bcmark")]
    [InlineData("00000001_20260304T050607Z.bcpoint.removed")]
    public void Other_names_are_no_points(string name) =>
        Assert.False(Names.TryPoint(name, Names.Point, out _));

    [Fact]
    public void An_unfinished_name_holds_its_sequence_and_its_writer()
    {
        var name = Names.UnfinishedFile(5, Known.Time, s_id);

        Assert.Equal("00000005_20260304T050607Z.0123abcd000040008000000000000000.bcunfinished", name);
        Assert.True(Names.TryPoint(name, Names.Unfinished, out var sequence));
        Assert.Equal(5, sequence);
    }
}
