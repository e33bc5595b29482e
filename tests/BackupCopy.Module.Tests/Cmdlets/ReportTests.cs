using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;
using BackupCopy.Tests.Running.Delivery;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class ReportTests : IClassFixture<HostedModule>, IAsyncDisposable
{
    private readonly Lab _lab;
    private readonly HookTestServer _hook = new HookTestServer().Start();

    public ReportTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public async ValueTask DisposeAsync()
    {
        _lab.Dispose();
        await _hook.DisposeAsync();
    }

    [Theory]
    [InlineData("Send-BackupCopyReport -Test")]
    [InlineData("Send-BackupCopyReport Nightly")]
    [InlineData("Send-BackupCopyReport Nightly -WhatIf")]
    [InlineData("Get-BackupCopySession -Newest 1 | Send-BackupCopyReport -To boss@example.com")]
    public void Without_a_mail_server_an_error_says_how_to_set_one(string script)
    {
        var error = _lab.Error(script);

        Assert.Equal("MailNotConfigured", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("Set-BackupCopySetting -SmtpServer", error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_server_that_nobody_answers_for_is_an_error_and_queues_nothing()
    {
        _lab.Get("""
            Set-BackupCopySetting -SmtpServer 127.0.0.1 -SmtpPort 1 -From backup@example.com `
                -To admin@example.com -ReportOn Never
            """);

        var error = _lab.Error("Send-BackupCopyReport -Test");

        Assert.Equal("MailFailed", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("127.0.0.1:1 cannot be reached", error.Exception.Message);
        Assert.Equal(0, Settings().QueuedReports);
    }

    [Theory]
    [InlineData("Send-BackupCopyReport Nightly")]
    [InlineData("Send-BackupCopyReport (Get-BackupCopyJob Nightly)")]
    [InlineData("Send-BackupCopyReport n*")]
    [InlineData("Send-BackupCopyReport -Session (Get-BackupCopySession -Newest 1).Id")]
    [InlineData("Get-BackupCopySession Nightly -Newest 1 | Send-BackupCopyReport")]
    public void The_report_of_a_session_is_sent_when_it_is_asked_for(string script)
    {
        _lab.Get($"Set-BackupCopySetting -ReportOn Never -Webhook http://127.0.0.1:{_hook.Port}/x");

        Assert.Empty(_lab.Get(script));

        Assert.Contains("\"job\": \"Nightly\"", _hook.Requests.Single().Body);
    }

    [Fact]
    public void A_test_is_sent_and_what_if_sends_none()
    {
        _lab.Get($"Set-BackupCopySetting -ReportOn Never -Webhook http://127.0.0.1:{_hook.Port}/x");

        _lab.Get("Send-BackupCopyReport -Test -WhatIf");
        Assert.Empty(_hook.Requests);
        _lab.Get("Send-BackupCopyReport -Test");
        Assert.Equal("""{"test":true}""", _hook.Requests.Single().Body);
    }

    [Fact]
    public void A_job_that_never_ran_has_nothing_to_report()
    {
        _lab.Get("$null = New-BackupCopyJob New -Source Primary -Target Offsite");

        var error = _lab.Error("Send-BackupCopyReport New");

        Assert.Equal("SessionNotFound", error.FullyQualifiedErrorId.Split(',')[0]);
    }

    private SettingsInfo Settings() => (SettingsInfo)_lab.Get("Get-BackupCopySetting").Single().BaseObject;
}
