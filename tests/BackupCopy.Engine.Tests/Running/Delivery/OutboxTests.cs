using System.Diagnostics;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Delivery;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class OutboxTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_server_is_tried_once_a_round_and_not_by_every_session()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["CONNECT"] = "421 down";

        for (var i = 0; i < 5; i++)
        {
            await lab.EndSessionAsync();
        }

        Assert.Equal(1, lab.Server.Connections);
        await lab.SendQueuedAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, lab.Server.Connections);
        Assert.Equal(5, lab.Queue.Count);
        Assert.All(lab.Queue, item => Assert.Equal(
            lab.Clock.GetUtcNow().UtcDateTime.AddMinutes(5), item.NextTryUtc));

        lab.Server.Answers.Clear();
        await lab.SendQueuedAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(3, lab.Server.Connections);
        Assert.Equal(5, lab.Server.Messages.Count);
    }

    [Fact]
    public async Task Tries_grow_rare_and_end_after_three_days()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["CONNECT"] = "421 down";
        var session = await lab.EndSessionAsync();

        var waits = new List<double>();
        while (lab.Queue is [var item])
        {
            var wait = item.NextTryUtc - lab.Clock.GetUtcNow().UtcDateTime;
            waits.Add(wait.TotalMinutes);
            await lab.SendQueuedAsync(wait);
        }

        Assert.Equal([1, 5, 15, 60, 60], waits.Take(5));
        Assert.InRange(waits.Sum(), 3 * 24 * 60, (3 * 24 * 60) + 60);
        var after = lab.Engine.Catalog.FindSession(session.Id)!;
        Assert.StartsWith($"Report given up after {waits.Count + 1} tries in 3 days: ", after.Delivery);
        Assert.Equal(2, after.Events.Count(e => e.Id == SessionEventId.ReportQueued));
    }

    [Fact]
    public async Task Of_too_many_reports_the_oldest_is_given_up()
    {
        await using var lab = new DeliveryLab().WithMail();
        var first = lab.Session();
        OutboxItem[] waiting = [.. Enumerable.Range(0, OutboxItem.Most).Select(i =>
            ReportDelivery.New(lab.Engine, ReportChannel.Mail) with
            {
                SessionId = i == 0 ? first.Id : Guid.NewGuid(),
                CreatedUtc = lab.Engine.NowUtc.AddSeconds(i - 1000),
            })];
        new Outbox(lab.Engine).Add(waiting);
        lab.Server.Answers["CONNECT"] = "421 down";

        await lab.EndSessionAsync();

        Assert.Equal(OutboxItem.Most, lab.Queue.Count);
        Assert.Equal(
            "Report given up: 500 newer ones wait to be sent.",
            lab.Engine.Catalog.FindSession(first.Id)!.Delivery);
    }

    [Fact]
    public async Task Several_senders_at_once_send_each_report_once()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["CONNECT"] = "421 down";
        for (var i = 0; i < 6; i++)
        {
            await lab.EndSessionAsync();
        }

        lab.Server.Answers.Clear();
        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => i % 2 == 0
            ? ReportDelivery.SendQueuedAsync(lab.NewEngine(), default)
            : ReportDelivery.AfterSessionAsync(lab.NewEngine(), lab.Job, lab.Session(), default))));

        Assert.Empty(lab.Queue);
        Assert.Equal(9, lab.Server.Messages.Count);
        Assert.Equal(9, lab.Server.Messages.Select(m => m.MessageId).Distinct().Count());
        Assert.All(
            lab.Engine.Catalog.Sessions(new SessionQuery()),
            session => Assert.StartsWith("Report sent to", session.Delivery));
    }

    [Fact]
    public async Task Of_several_processes_each_report_is_sent_by_one()
    {
        await using var lab = PlainLab();
        for (var i = 0; i < 9; i++)
        {
            ReportDelivery.Queue(lab.Engine, lab.Job, lab.Session());
        }

        Process[] senders = [.. Enumerable.Range(0, 3).Select(_ => Sender(lab))];
        foreach (var sender in senders)
        {
            Assert.Equal("ready", await sender.StandardOutput.ReadLineAsync(Cancellation));
        }

        foreach (var sender in senders)
        {
            await sender.StandardInput.WriteLineAsync();
            await sender.StandardInput.FlushAsync(Cancellation);
        }

        foreach (var sender in senders)
        {
            Assert.Equal("sent", await sender.StandardOutput.ReadLineAsync(Cancellation));
            await sender.WaitForExitAsync(Cancellation);
            sender.Dispose();
        }

        Assert.Empty(lab.Queue);
        Assert.Equal(9, lab.Server.Messages.Count);
        Assert.Equal(9, lab.Server.Messages.Select(m => m.MessageId).Distinct().Count());
    }

    [Fact]
    public async Task A_sender_that_is_killed_leaves_its_report_to_the_next_one()
    {
        await using var lab = PlainLab();
        ReportDelivery.Queue(lab.Engine, lab.Job, lab.Session());
        lab.Server.Answers["DATA"] = "stall";
        using var sender = Sender(lab);
        await sender.StandardInput.WriteLineAsync();
        await sender.StandardInput.FlushAsync(Cancellation);

        await lab.Server.Stalled;
        await lab.SendQueuedAsync(TimeSpan.Zero);
        Assert.Equal(1, lab.Server.Connections);
        sender.Kill();
        await sender.WaitForExitAsync(Cancellation);
        lab.Server.Answers.Clear();
        await lab.SendQueuedAsync(TimeSpan.Zero);

        Assert.Single(lab.Server.Messages);
        Assert.Empty(lab.Queue);
    }

    [Fact]
    public async Task New_settings_are_tried_at_once_and_a_server_that_is_gone_drops_the_queue()
    {
        await using var lab = new DeliveryLab()
            .WithMail(new SettingsChanges { Credential = new("backup", "no") });
        var session = await lab.EndSessionAsync();
        Assert.Contains("refuses user name or password", session.Delivery);

        lab.Engine.Settings.Update(new SettingsChanges
        {
            Credential = new(SmtpTestServer.User, SmtpTestServer.Password),
        });
        await lab.SendQueuedAsync(TimeSpan.Zero);
        Assert.Single(lab.Server.Messages);

        lab.Server.Answers["CONNECT"] = "421 down";
        session = await lab.EndSessionAsync();
        lab.Engine.Settings.Update(new SettingsChanges { SmtpServer = "" });
        await lab.SendQueuedAsync(TimeSpan.Zero);
        Assert.Empty(lab.Queue);
        Assert.Equal(
            "Report given up: no mail server is set any more.",
            lab.Engine.Catalog.FindSession(session.Id)!.Delivery);
    }

    [Fact]
    public void A_clock_that_goes_back_holds_no_report_for_as_long_as_it_was_ahead()
    {
        var now = ReportSamples.StartUtc;
        var item = new OutboxItem
        {
            Id = Guid.NewGuid(),
            Channel = ReportChannel.Mail,
            CreatedUtc = now.AddYears(1),
            NextTryUtc = now.AddYears(1),
        };

        Assert.True(item.IsDue(now));
        Assert.False((item with { NextTryUtc = now.AddMinutes(60) }).IsDue(now));
    }

    // Another process knows nothing of the lab's certificate.
    private static DeliveryLab PlainLab() => new DeliveryLab(new SmtpTestServer { WantsPassword = false })
        .WithMail(new SettingsChanges { Tls = MailTls.None, Credential = new("", "") });

    private static Process Sender(DeliveryLab lab) =>
        ChildProcess.Start("send-reports", lab.Engine.CatalogPath);
}
