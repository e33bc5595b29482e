using System.Text.Json;
using BackupCopy.Jobs;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class WebHookTests
{
    private const string Token = "T0ken-8812";

    [Fact]
    public async Task Gets_the_session_as_JSON()
    {
        await using var lab = new DeliveryLab();
        await using var hook = new HookTestServer().Start();
        Set(lab, hook);

        var session = await lab.EndSessionAsync(SessionResult.Warning);

        var (head, body) = hook.Requests.Single();
        Assert.StartsWith($"POST /services/{Token}", head);
        Assert.Contains("Content-Type: application/json\n", head.Replace("\r", ""));
        using var json = JsonDocument.Parse(body);
        Assert.Equal("Nightly", json.RootElement.GetProperty("job").GetString());
        Assert.Equal("Warning", json.RootElement.GetProperty("result").GetString());
        Assert.Equal($"Web hook: Report sent to 127.0.0.1:{hook.Port}.", session.Delivery);
        Assert.Empty(lab.Queue);
    }

    [Theory]
    [InlineData("500 Oops", "answers 500 InternalServerError")]
    [InlineData("404 Not Found", "answers 404 NotFound")]
    [InlineData("422 No", "refuses the report with 422 UnprocessableEntity")]
    [InlineData("302 Found\r\nLocation: http://elsewhere.test/x", "answers 302 and leads to another server")]
    public async Task Trouble_is_told_without_the_address_and_the_report_sent_when_it_is_over(
        string answer, string told)
    {
        await using var lab = new DeliveryLab();
        await using var hook = new HookTestServer().Start();
        Set(lab, hook);
        hook.Answers.Enqueue(answer);

        var session = await lab.EndSessionAsync();
        Assert.Contains(told, session.Delivery);
        Assert.DoesNotContain(Token, JsonSerializer.Serialize(session));
        Assert.DoesNotContain(Token, lab.Queue.Single().Error);
        await lab.SendQueuedAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(2, hook.Requests.Count);
        Assert.Equal(Key(hook.Requests.First().Head), Key(hook.Requests.Last().Head));
        Assert.Empty(lab.Queue);
    }

    [Fact]
    public async Task A_redirect_within_the_server_is_followed()
    {
        await using var lab = new DeliveryLab();
        await using var hook = new HookTestServer().Start();
        Set(lab, hook);
        hook.Answers.Enqueue("307 Moved\r\nLocation: /new");

        await lab.EndSessionAsync();

        Assert.StartsWith("POST /new ", hook.Requests.Last().Head);
        Assert.Empty(lab.Queue);
    }

    [Fact]
    public async Task One_that_does_not_answer_is_left_after_a_while()
    {
        await using var lab = new DeliveryLab();
        await using var hook = new HookTestServer().Start();
        Set(lab, hook);
        hook.Answers.Enqueue("stall");

        var ending = lab.EndSessionAsync();
        await hook.Stalled;
        lab.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Contains("did not answer within 15 s", (await ending).Delivery);
    }

    [Fact]
    public async Task Mail_and_web_hook_go_their_own_ways()
    {
        await using var lab = new DeliveryLab().WithMail();
        await using var hook = new HookTestServer().Start();
        Set(lab, hook);
        lab.Server.Answers["CONNECT"] = "421 down";

        var session = await lab.EndSessionAsync();

        Assert.Single(hook.Requests);
        Assert.Equal(ReportChannel.Mail, lab.Queue.Single().Channel);
        Assert.Collection(
            session.Delivery.Split('\n'),
            mail => Assert.StartsWith("Report queued, tried again", mail),
            web => Assert.StartsWith("Web hook: Report sent to", web));
    }

    private static string Key(string head) => head.Split('\n').Single(l => l.StartsWith("Idempotency-Key:"));

    private static void Set(DeliveryLab lab, HookTestServer hook) => lab.Engine.Settings.Update(
        new SettingsChanges { Webhook = $"http://127.0.0.1:{hook.Port}/services/{Token}" });
}
