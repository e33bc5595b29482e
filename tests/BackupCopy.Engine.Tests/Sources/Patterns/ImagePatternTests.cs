using System.Globalization;
using BackupCopy.Sources.Patterns;

namespace BackupCopy.Tests.Sources.Patterns;

public sealed class ImagePatternTests
{
    [Theory]
    // pattern, path, machine, job, disk, extension, time (Z = UTC; empty = the file's own)
    [InlineData(
        "{machine}-{yyyy-MM-dd}.{ext}", "db-01-2026-11-22.bak", "db-01", "", "", "bak",
        "2026-11-22 00:00:00")]
    [InlineData(
        "{machine}-{yyyy-MM-dd}.{ext}", "a-2026-11-21-2026-11-22.img", "a-2026-11-21", "", "", "img",
        "2026-11-22 00:00:00")]
    [InlineData(
        "{machine}/{yyyy-MM-dd_HHmm}.{ext}", "web/2026-11-22_0130.qcow2", "web", "", "", "qcow2",
        "2026-11-22 01:30:00")]
    [InlineData(
        "{machine}/{yyyy-MM-dd_HHmm}Z.{ext}", "web/2026-11-22_0130Z.qcow2", "web", "", "", "qcow2",
        "2026-11-22 01:30:00Z")]
    [InlineData(
        "{machine}/{yyyyMMddTHHmmssZ}.img", "web/20261122T013005Z.img", "web", "", "", "",
        "2026-11-22 01:30:05Z")]
    [InlineData(
        "{machine}-{yyyy-MM-dd}Zebra.img", "web-2026-11-22zebra.img", "web", "", "", "",
        "2026-11-22 00:00:00")]
    [InlineData(
        "{job}/{machine}/{yyyy}/{MM-dd}/{disk}.{ext}", "nightly/web/2026/11-22/vda.raw", "web", "nightly",
        "vda", "raw", "2026-11-22 00:00:00")]
    [InlineData(
        "{yyyy}/{machine}-{yyyy-MM-dd}.{ext}", "2026/web-2026-11-22.img", "web", "", "", "img",
        "2026-11-22 00:00:00")]
    [InlineData("{machine}-{disk}.{ext}", "web-01-vda.qcow2", "web-01", "", "vda", "qcow2", "")]
    [InlineData("{machine}.{ext}", "srv.example.com.qcow2", "srv.example.com", "", "", "qcow2", "")]
    [InlineData("{machine}.{ext}", "web.vma.zst", "web", "", "", "vma.zst", "")]
    [InlineData("{machine}.{ext}", "web.qcow2.gz", "web", "", "", "qcow2.gz", "")]
    [InlineData("{machine}.{ext}", "db.2026.gz", "db.2026", "", "", "gz", "")]
    [InlineData("{machine}.{ext}", "web.gz", "web", "", "", "gz", "")]
    [InlineData("{machine}.vma.{ext}", "web.vma.zst", "web", "", "", "zst", "")]
    [InlineData(
        "{machine}-{yyyy-MM-dd}.{ext}", "db-2026-11-22.sql.gz", "db", "", "", "sql.gz",
        "2026-11-22 00:00:00")]
    [InlineData(
        "{machine}.{ext}.{unix}", "web01.qcow2.1763773205", "web01", "", "", "qcow2",
        "2025-11-22 01:00:05Z")]
    [InlineData("{machine}/{machine}-{disk}.img", "web/WEB-vda.img", "web", "", "vda", "", "")]
    [InlineData("{machine}_*.img", "web_01_full.img", "web_01", "", "", "", "")]
    [InlineData("*{machine}-{yyyyMMdd}.img", "web-20261122.img", "web", "", "", "", "2026-11-22 00:00:00")]
    [InlineData("backup of {machine}.img", "Backup OF web.IMG", "web", "", "", "", "")]
    [InlineData("{Machine}.{EXT}", "wéb.qcow2", "wéb", "", "", "qcow2", "")]
    [InlineData("{machine}{yyyyMMdd}.img", "web120261122.img", "web1", "", "", "", "2026-11-22 00:00:00")]
    [InlineData(
        "{machine}-{time}.{ext}", "web-2026_11_22-01_00_05.img", "web", "", "", "img",
        "2026-11-22 01:00:05")]
    [InlineData("{machine}-{time}.{ext}", "web-20261122.img", "web", "", "", "img", "2026-11-22 00:00:00")]
    [InlineData(
        "{machine}-{time}.{ext}", "web-202611220130.img", "web", "", "", "img", "2026-11-22 01:30:00")]
    [InlineData(
        "{machine}-{time}.{ext}", "web-20261122T013005Z.img", "web", "", "", "img", "2026-11-22 01:30:05Z")]
    [InlineData(
        "{machine}-{time}.{ext}", "web-2026-11-22 01.30.05.img", "web", "", "", "img",
        "2026-11-22 01:30:05")]
    [InlineData(
        "{machine}-{time}.{ext}", "web-2026-11-22T01:30.img", "web", "", "", "img", "2026-11-22 01:30:00")]
    [InlineData("{machine}.{time}.{ext}", "web.2026.11.22.img", "web", "", "", "img", "2026-11-22 00:00:00")]
    [InlineData("{time}/{machine}.img", "2024-02-29/web.img", "web", "", "", "", "2024-02-29 00:00:00")]
    public void A_path_tells(
        string pattern, string path, string machine, string job, string disk, string ending, string time)
    {
        Assert.True(ImagePattern.Parse(pattern).TryMatch(path, out var name));
        var isUtc = time.EndsWith('Z');
        Assert.Equal(
            (machine, job, disk, ending),
            (name.Machine, name.Job ?? "", name.Disk ?? "", name.Extension ?? ""));
        Assert.Equal(isUtc ? "" : time, Text(name.TimeLocal));
        Assert.Equal(isUtc ? time.TrimEnd('Z') : "", Text(name.TimeUtc));
    }

    [Theory]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "db-2026-13-22.bak")]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "db-2026-02-30.bak")]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "db-0026-02-03.bak")]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "db-2026-02-03")]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "-2026-02-03.img")]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "a/db-2026-02-03.img")]
    [InlineData("{machine}-{yyyy-MM-dd_HHmm}.img", "db-2026-02-03_2460.img")]
    [InlineData("{machine}-{yyyy-MM-dd}Z.img", "db-2026-02-03.img")]
    [InlineData("{machine}-{time}.img", "db-2025-02-29.img")]
    [InlineData("{machine}-{time}.img", "db-12345678.img")]
    [InlineData("{machine}-{time}.img", "db-2026-1122.img")]
    [InlineData("{machine}.img.{unix}", "web.img.17637732055")]
    [InlineData("{machine}.img.{unix}", "web.img.176377320")]
    [InlineData("{machine}/{machine}-{disk}.img", "web/db-vda.img")]
    [InlineData("{yyyy}/{machine}-{yyyy-MM-dd}.img", "2025/web-2026-11-22.img")]
    [InlineData("{machine}.{ext}", "web")]
    [InlineData("{machine}.{ext}", ".qcow2")]
    [InlineData("{machine}.img", "web.img ")]
    public void A_path_that_does_not_fit(string pattern, string path) =>
        Assert.False(ImagePattern.Parse(pattern).TryMatch(path, out _));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{disk}.img", "no {machine}")]
    [InlineData("{vm}.img", "{vm}")]
    [InlineData("{machine}-{yyyy-mm-DD}.img", "{yyyy-mm-DD}")]
    [InlineData("{machine}-{hh}.img", "{hh}")]
    [InlineData("{machine}-{-}.img", "{-}")]
    [InlineData("{machine.img", "character 1")]
    [InlineData("machine}.img", "character 8")]
    [InlineData("{machine}{disk}.img", "between {machine} and {disk}")]
    [InlineData("{machine}{ext}", "between {machine} and {ext}")]
    [InlineData("{machine}-{MM-dd}.img", "no year")]
    [InlineData("{machine}-{yyyy-MM}.img", "no day")]
    [InlineData("{machine}-{yyyy-MM-dd mm}.img", "no hour")]
    [InlineData("{machine}-{yyyy-MM-dd HHss}.img", "no minute")]
    [InlineData("{machine}-{time}-{unix}.img", "twice")]
    [InlineData("{machine}-{time}-{yyyyMMdd}.img", "twice")]
    [InlineData("{machine}.{ext}/x.img", "folder")]
    [InlineData("/{machine}.img", "empty")]
    [InlineData("../{machine}.img", "..")]
    [InlineData("a//{machine}.img", "empty")]
    [InlineData("{machine}\\x.img", "\\")]
    [InlineData("{machine}\n.img", "control")]
    public void A_wrong_pattern_says_what_is_wrong_and_what_is_right(string pattern, string part)
    {
        var error = Assert.Throws<BackupCopyException>(() => ImagePattern.Parse(pattern));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("{yyyy-MM-dd_HHmm}", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_is_of_bounded_length_and_depth()
    {
        Assert.Throws<BackupCopyException>(() => ImagePattern.Parse("{machine}" + new string('x', 1020)));
        Assert.Throws<BackupCopyException>(
            () => ImagePattern.Parse(string.Concat(Enumerable.Repeat("a/", 16)) + "{machine}"));
        Assert.Equal(
            15, ImagePattern.Parse(string.Concat(Enumerable.Repeat("a/", 15)) + "{machine}").Folders);
    }

    [Theory]
    [InlineData("{machine}-{yyyy-MM-dd}.{ext}", "web-01.img", "'{yyyy-MM-dd}' does not fit '01.img'")]
    [InlineData(
        "{machine}-{yyyy-MM-dd}.{ext}", "web-2026-13-01.img", "'{yyyy-MM-dd}' does not fit '13-01.img'")]
    [InlineData(
        "{machine}-{yyyy-MM-dd}.{ext}", "a/web.img",
        "it lies 1 folder down, the pattern's files 0 folders")]
    [InlineData("{machine}-{time}.{ext}", "web-2026-11-22", "'.' is missing at its end")]
    [InlineData("vm-{machine}.img", "web.img", "'vm-' is missing in 'web.img'")]
    [InlineData("{machine}-{yyyy-MM-dd}.img", "web-2026-02-30.img", "its date is none")]
    [InlineData("{machine}-{yyyy-MM-dd}.img", "web-2026-02-20.img2", "nothing stands for '2'")]
    public void Why_a_path_does_not_fit(string pattern, string path, string why) =>
        Assert.Equal(why, ImagePattern.Parse(pattern).WhyNot(path));

    // Without a bound the first of these takes longer than the sun shines.
    [Theory]
    [InlineData("*-*-*-*-*-*-*-*-*-*{machine}-*-*-*-*-{disk}*-*-*.x")]
    [InlineData("{machine}-*{machine}*-{disk}-*{machine}*-{disk}*-{job}-*{job}-*-*-*-.x")]
    [InlineData("{machine}-{job}-{disk}-*-*-*-{yyyyMMdd}*.{ext}.x")]
    public void Hostile_names_end_in_bounded_time(string text)
    {
        var pattern = ImagePattern.Parse(text);
        foreach (var name in new[]
        {
            new string('-', 4000), string.Concat(Enumerable.Repeat("a-", 2000)),
            string.Concat(Enumerable.Repeat("20260230-", 400)), new string('a', 4096), new string('.', 4000),
        })
        {
            Assert.False(pattern.TryMatch(name, out _));
        }

        Assert.False(pattern.TryMatch(new string('-', 100_000) + ".x", out _));
    }

    [Fact]
    public void Any_name_is_read_without_an_error()
    {
        const string signs = "{}*/.-_:\0ab1290Zé\ud800T";
        var patterns = DefaultPatterns.For(isRaw: false).Concat(DefaultPatterns.For(isRaw: true)).ToList();
        foreach (var seed in TestBudget.Seeds(300))
        {
            var random = new Random(seed);
            var name = new string([.. Enumerable.Range(0, random.Next(40)).Select(
                _ => signs[random.Next(signs.Length)])]);
            foreach (var pattern in patterns)
            {
                if (pattern.TryMatch(name, out var found))
                {
                    Assert.NotEmpty(found.Machine);
                    Assert.DoesNotContain('/', found.Machine);
                }
            }

            try
            {
                ImagePattern.Parse(name);
            }
            catch (BackupCopyException error)
            {
                Assert.Equal(ErrorCode.InvalidArgument, error.Code);
            }
        }
    }

    [Fact]
    public void Local_times_become_utc_also_where_the_clock_is_changed()
    {
        var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(
                new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(
                new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday));
        var zone = TimeZoneInfo.CreateCustomTimeZone(
            "Here", TimeSpan.FromHours(1), "Here", "Here", "Here summer", [rule]);
        var pattern = ImagePattern.Parse("{machine}-{time}.img");
        Assert.Equal("2026-11-22 00:30:00", Utc("2026-11-22_0130"));
        Assert.Equal("2026-07-01 23:30:00", Utc("2026-07-02_0130"));
        Assert.Equal("2026-03-29 01:30:00", Utc("2026-03-29_0230"));
        Assert.Equal("2026-10-25 01:30:00", Utc("2026-10-25_0230"));
        Assert.Equal("2026-11-22 01:30:00", Utc("2026-11-22_0130Z"));

        string Utc(string time)
        {
            Assert.True(pattern.TryMatch($"web-{time}.img", out var name));
            return Text(name.ToUtc(zone));
        }
    }

    [Fact]
    public void Folders_that_only_a_star_names_keep_files_apart()
    {
        var pattern = ImagePattern.Parse("*/{machine}-{time}.{ext}");
        Assert.True(pattern.TryMatch("host1/web-2026-11-22.img", out var one));
        Assert.True(pattern.TryMatch("host2/web-2026-11-22.img", out var other));
        Assert.NotEqual(one, other);
    }

    private static string Text(DateTime? time) =>
        time?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
}
