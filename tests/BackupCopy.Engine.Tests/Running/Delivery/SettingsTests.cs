using BackupCopy.Jobs;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class SettingsTests
{
    public static TheoryData<SettingsChanges, string> Refused => new()
    {
        { new() { SmtpPort = 65536 }, "65536 is no port" },
        { new() { SmtpPort = -1 }, "-1 is no port" },
        { new() { SmtpServer = "mail.example.com:25" }, "is no server's name" },
        { new() { SmtpServer = "mail example" }, "is no server's name" },
        { new() { From = "nobody" }, "\"nobody\" is no mail address" },
        { new() { From = "" }, "needs a sender" },
        { new() { To = ["a@example.com", "b"] }, "\"b\" is no mail address" },
        { new() { To = ["a@example.com, b@example.com"] }, "is no mail address" },
        { new() { To = ["a@example.com\r\nRCPT TO:<x@y.z>"] }, "is no mail address" },
        { new() { HistoryDays = 0 }, "cannot be kept 0 days" },
        { new() { HistoryDays = 3651 }, "cannot be kept 3651 days" },
        { new() { MaxRateBytesPerSecond = -1 }, "A rate cannot be negative" },
        { new() { MaxTasks = 1025 }, "1025 machines at once are not possible" },
        { new() { MaxTasks = -1 }, "-1 machines at once are not possible" },
        { new() { Webhook = "ftp://example.com/secret" }, "The web hook is no address" },
        { new() { Webhook = "secret" }, "The web hook is no address" },
        { new() { DigestAt = "25:00" }, "\"25:00\" is no time of the day" },
        { new() { DigestAt = "7" }, "\"7\" is no time of the day" },
        { new() { ReportOn = ReportOn.Digest }, "its time is not set" },
        { new() { Subject = new string('x', 1001) }, "The subject is too long" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_is_refused_as_a_whole(SettingsChanges changes, string message)
    {
        await using var lab = new DeliveryLab().WithMail();
        var before = lab.Engine.Settings.Get() with { To = [] };

        var error = Assert.Throws<BackupCopyException>(() => lab.Engine.Settings.CheckUpdate(changes));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain("secret", error.Message + error.Remedy + error.InnerException);
        Assert.Throws<BackupCopyException>(() => lab.Engine.Settings.Update(changes));

        Assert.Equal(before, lab.Engine.Settings.Get() with { To = before.To });
    }

    [Fact]
    public async Task Only_what_is_given_changes_and_an_empty_text_removes()
    {
        await using var lab = new DeliveryLab().WithMail(new SettingsChanges
        {
            HistoryDays = 30,
            MaxTasks = 8,
            MaxRateBytesPerSecond = 1 << 20,
            Webhook = "https://hooks.example.com:8443/x",
            Subject = "%JobName%",
            DigestAt = "7:05",
        });
        var all = lab.Engine.Settings.Get();
        Assert.Equal((30, 8, 1L << 20), (all.HistoryDays, all.MaxTasks, all.MaxRateBytesPerSecond));
        Assert.Equal(("hooks.example.com:8443", new TimeOnly(7, 5)), (all.Webhook, all.DigestAt));
        Assert.Equal(["admin@example.com", "boss@example.com"], all.To);

        lab.Engine.Settings.Update(new SettingsChanges
        {
            SmtpServer = "",
            From = "",
            To = [""],
            Webhook = "",
            DigestAt = "",
            Subject = "",
            Credential = new("", ""),
        });
        var none = lab.Engine.Settings.Get();

        Assert.Equal(("", "", "", false, false), (
            none.SmtpServer, none.From, none.Webhook, none.HasWebhook, none.HasPassword));
        Assert.Empty(none.To);
        Assert.Null(none.DigestAt);
        Assert.Equal(MailSettings.DefaultSubject, none.Subject);
        Assert.Equal((30, 8), (none.HistoryDays, none.MaxTasks));
    }

    [Fact]
    public async Task What_would_change_is_told_by_name_and_nothing_is_stored()
    {
        await using var lab = new DeliveryLab();

        var changes = lab.Engine.Settings.CheckUpdate(new SettingsChanges
        {
            HistoryDays = 90,
            MaxTasks = 4,
            Credential = new("backup", "pw"),
            Webhook = "https://example.com",
        });

        Assert.Equal(["Credential", "Webhook", "MaxTasks"], changes);
        Assert.False(lab.Engine.Settings.Get().HasPassword);
        Assert.Equal(["catalog.db"], Directory.GetFiles(lab.Folder).Select(Path.GetFileName)
            .Where(f => f!.EndsWith(".db") || f.EndsWith(".key")));
    }

    [Fact]
    public async Task The_queue_is_shown_with_its_reason()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["CONNECT"] = "421 down";
        await lab.EndSessionAsync();
        await lab.EndSessionAsync();

        var shown = lab.Engine.Settings.Get();

        Assert.Equal(2, shown.QueuedReports);
        Assert.Contains("takes no mail now: 421 down", shown.QueueReason);
    }
}
