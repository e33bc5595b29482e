using BackupCopy.Inventory;

namespace BackupCopy.Tests.Inventory;

public sealed class WildcardTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "anything", true)]
    [InlineData("web*", "WEB01", true)]
    [InlineData("web*", "a-web", false)]
    [InlineData("w?b", "wüb", true)]
    [InlineData("w?b", "wb", false)]
    [InlineData("[a-c]*", "Beta", true)]
    [InlineData("[a-c]*", "delta", false)]
    [InlineData("[^a]", "^", true)]
    [InlineData("[^a]", "b", false)]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b*", "axb", false)]
    [InlineData("x[1]", "x[1]", true)]
    [InlineData("x[1]", "x1", true)]
    [InlineData("x[", "x[", true)]
    [InlineData("x[*", "x[y", true)]
    [InlineData("a\\b*", "a\\bc", true)]
    [InlineData("line*", "line\nbreak", true)]
    public void Pattern_matches_as_at_the_prompt(string pattern, string name, bool expected) =>
        Assert.Equal(expected, Wildcard.Matches(pattern, name));

    [Fact]
    public void Many_stars_on_a_long_name_take_no_time() =>
        Assert.False(Wildcard.Matches(
            string.Concat(Enumerable.Repeat("*a", 50)) + "b", new string('a', 1000)));

    [Fact]
    public void A_range_that_runs_backwards_is_an_error() =>
        Assert.Equal(
            ErrorCode.InvalidArgument,
            Assert.Throws<BackupCopyException>(() => Wildcard.Matches("[c-a]", "b")).Code);
}
