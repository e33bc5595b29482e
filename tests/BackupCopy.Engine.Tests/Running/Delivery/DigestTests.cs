using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Delivery;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class DigestTests
{
    // The clock begins at 22:15 UTC, and lives by UTC.
    private static readonly SettingsChanges s_atSeven =
        new() { ReportOn = ReportOn.Digest, DigestAt = "07:00" };

    [Fact]
    public async Task The_sessions_of_a_day_come_in_one_mail_at_its_time_and_once()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        var first = await lab.EndSessionAsync();
        lab.Clock.Advance(TimeSpan.FromHours(2));
        await lab.EndSessionAsync(SessionResult.Failed);
        Assert.Equal("The digest at 07:00 tells of it.", first.Delivery);

        Assert.False(await SendAsync(lab, TimeSpan.FromHours(6.74)));
        Assert.Empty(lab.Server.Messages);
        Assert.True(await SendAsync(lab, TimeSpan.FromMinutes(1)));
        Assert.False(await SendAsync(lab, TimeSpan.FromMinutes(1)));

        var mail = lab.Server.Messages.Single();
        Assert.Equal("[Failed] Daily digest (2 machines, no issues)", mail.Subject);
        var since = ReportSamples.StartUtc.AddMinutes(15).ToLocalTime();
        Assert.Contains($"2 sessions of 1 job ended since {since:yyyy-MM-dd HH:mm}.", mail.TextBody);
    }

    [Fact]
    public async Task A_day_without_a_session_has_no_digest_and_the_next_one_begins_after_it()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);

        Assert.False(await SendAsync(lab, TimeSpan.FromHours(9)));
        await lab.EndSessionAsync();
        Assert.True(await SendAsync(lab, TimeSpan.FromHours(24)));

        var since = ReportSamples.StartUtc.AddMinutes(15).AddHours(9).ToLocalTime();
        Assert.Contains(
            $"1 session of 1 job ended since {since:yyyy-MM-dd HH:mm}.",
            lab.Server.Messages.Single().TextBody);
    }

    [Fact]
    public async Task What_ended_before_the_digest_was_set_is_in_none()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Session();
        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        lab.Engine.Settings.Update(s_atSeven);

        Assert.False(await SendAsync(lab, TimeSpan.FromHours(9)));
    }

    [Fact]
    public async Task A_process_that_slept_over_days_sends_one()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        await lab.EndSessionAsync();

        Assert.True(await SendAsync(lab, TimeSpan.FromDays(5)));
        Assert.Single(lab.Server.Messages);
    }

    [Fact]
    public async Task Without_a_service_the_first_session_after_its_time_brings_it()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        await lab.EndSessionAsync();
        lab.Clock.Advance(TimeSpan.FromHours(9));

        await lab.EndSessionAsync();
        await lab.EndSessionAsync();

        Assert.Contains("2 sessions of 1 job", lab.Server.Messages.Single().TextBody);
    }

    [Fact]
    public async Task Several_processes_at_once_send_one()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        await lab.EndSessionAsync();
        lab.Clock.Advance(TimeSpan.FromHours(9));

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() =>
            ReportDelivery.SendDigestIfDueAsync(lab.NewEngine(), lab.Engine.NowUtc, default))));

        Assert.Single(lab.Server.Messages);
    }

    [Fact]
    public async Task A_digest_that_nobody_takes_waits_in_the_queue()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        await lab.EndSessionAsync();
        lab.Server.Answers["CONNECT"] = "421 down";

        await SendAsync(lab, TimeSpan.FromHours(9));
        Assert.Single(lab.Queue);
        lab.Server.Answers.Clear();
        await lab.SendQueuedAsync(TimeSpan.FromMinutes(1));

        Assert.Contains("1 session of 1 job", lab.Server.Messages.Single().TextBody);
    }

    [Fact]
    public async Task A_job_with_recipients_of_its_own_has_a_digest_of_its_own_and_one_without_reports_none()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        lab.Reports(new JobReports { MailTo = ["dba@example.com"] });
        await lab.EndSessionAsync();
        await SendAsync(lab, TimeSpan.FromHours(9));
        Assert.Equal(["dba@example.com"], lab.Server.Recipients);

        lab.Reports(new JobReports { ReportOn = ReportOn.Never });
        await lab.EndSessionAsync();
        Assert.False(await SendAsync(lab, TimeSpan.FromHours(24)));
    }

    [Fact]
    public async Task A_web_hook_gets_the_sessions_of_a_digest_as_a_list()
    {
        await using var lab = new DeliveryLab();
        await using var hook = new HookTestServer().Start();
        lab.Engine.Settings.Update(s_atSeven with { Webhook = $"http://127.0.0.1:{hook.Port}/" });
        await lab.EndSessionAsync();
        await lab.EndSessionAsync();

        await SendAsync(lab, TimeSpan.FromHours(9));

        using var json = System.Text.Json.JsonDocument.Parse(hook.Requests.Single().Body);
        Assert.Equal(2, json.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task A_clock_set_back_neither_repeats_a_digest_nor_ends_them()
    {
        await using var lab = new DeliveryLab().WithMail(s_atSeven);
        await lab.EndSessionAsync();
        await SendAsync(lab, TimeSpan.FromHours(9));
        var now = lab.Engine.NowUtc;

        Assert.False(await ReportDelivery.SendDigestIfDueAsync(lab.Engine, now.AddSeconds(-5), default));
        Assert.False(await ReportDelivery.SendDigestIfDueAsync(lab.Engine, now.AddYears(-1), default));
        Assert.Single(lab.Server.Messages);
        await lab.EndSessionAsync();
        Assert.Equal(2, lab.Server.Messages.Count);
    }

    // Central Europe skips 02:00 to 03:00 on 2026-03-29 and has it twice on 2026-10-25.
    [Theory]
    [InlineData("02:30", "2026-03-29T00:59:00Z", "2026-03-28T01:30:00Z")]
    [InlineData("02:30", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("02:30", "2026-10-25T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("07:00", "2026-10-25T05:59:00Z", "2026-10-24T05:00:00Z")]
    [InlineData("07:00", "2026-10-25T06:00:00Z", "2026-10-25T06:00:00Z")]
    [InlineData("00:00", "2026-06-01T21:59:00Z", "2026-05-31T22:00:00Z")]
    public void The_time_is_that_of_a_clock_on_the_wall(string at, string now, string due)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

        Assert.Equal(
            DateTimeOffset.Parse(due).UtcDateTime,
            Digest.LastDueUtc(TimeOnly.Parse(at), DateTimeOffset.Parse(now).UtcDateTime, zone));
    }

    private static Task<bool> SendAsync(DeliveryLab lab, TimeSpan after)
    {
        lab.Clock.Advance(after);
        return ReportDelivery.SendDigestIfDueAsync(lab.Engine, lab.Engine.NowUtc, default);
    }
}
