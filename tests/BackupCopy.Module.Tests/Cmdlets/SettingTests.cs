using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class SettingTests : IClassFixture<HostedModule>, IDisposable
{
    private const string Credential = """
        $password = [securestring]::new()
        'pw-4711'.ToCharArray() | ForEach-Object { $password.AppendChar($_) }
        $account = [pscredential]::new('OFFICE\backup', $password);
        """;

    private readonly Lab _lab;

    public SettingTests(HostedModule hosted) => _lab = new Lab(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Without_any_the_defaults_are_shown()
    {
        var settings = Get();

        Assert.Equal((90, 0, 0L), (settings.HistoryDays, settings.MaxTasks, settings.MaxRateBytesPerSecond));
        Assert.Equal(
            ("", ReportOn.Always, 0), (settings.SmtpServer, settings.ReportOn, settings.QueuedReports));
        Assert.Empty(settings.To);
        Assert.False(File.Exists(_lab.Catalog));
    }

    [Fact]
    public void All_of_them_are_set_and_shown_without_the_secrets()
    {
        Assert.Empty(_lab.Get(Credential + """
            Set-BackupCopySetting -SmtpServer mail.example.com -SmtpPort 587 -Tls StartTls `
                -Credential $account -From 'Backup <backup@example.com>' -To a@example.com, b@example.com `
                -Subject %JobName% -ReportOn Warning -DigestAt 7:30 -Webhook https://hooks.example.com/T0ken `
                -HistoryDays 30 -MaxRate 20MB/s -MaxTasks 4
            """));

        var settings = Get();
        Assert.Equal(
            ("mail.example.com", 587, MailTls.StartTls, @"OFFICE\backup", true),
            (settings.SmtpServer, settings.SmtpPort, settings.Tls, settings.UserName, settings.HasPassword));
        Assert.Equal(
            ("Backup <backup@example.com>", "a@example.com b@example.com", "%JobName%"),
            (settings.From, string.Join(' ', settings.To), settings.Subject));
        Assert.Equal(
            (ReportOn.Warning, new TimeOnly(7, 30), "hooks.example.com", true),
            (settings.ReportOn, settings.DigestAt, settings.Webhook, settings.HasWebhook));
        Assert.Equal(
            (30, 20L << 20, 4), (settings.HistoryDays, settings.MaxRateBytesPerSecond, settings.MaxTasks));
        var shown = settings.ToString();
        Assert.DoesNotContain("T0ken", shown);
        Assert.DoesNotContain("pw-4711", shown);
    }

    [Fact]
    public void What_is_not_given_stays_null_is_not_given_and_an_empty_text_removes()
    {
        _lab.Get(Credential + """
            Set-BackupCopySetting -SmtpServer mail.example.com -Credential $account -From backup@example.com `
                -To a@example.com -DigestAt 07:00 -Webhook https://hooks.example.com/x
            """);
        var before = Get();
        string[] none = [];

        _lab.Get("""
            Set-BackupCopySetting -SmtpServer $null -From $null -To $null -DigestAt $null -Webhook $null `
                -Credential $null -SmtpPort $null -Tls $null -ReportOn $null -MaxRate $null -Subject $null
            """);
        Assert.Equal(before with { To = none }, Get() with { To = none });
        Assert.Equal(["a@example.com"], Get().To);

        _lab.Get("""
            Set-BackupCopySetting -SmtpServer '' -From '' -To '' -DigestAt '' -Webhook '' `
                -Credential ([pscredential]::Empty)
            """);
        var after = Get();
        Assert.Equal(
            ("", "", "", "", false),
            (after.SmtpServer, after.From, after.Webhook, after.UserName, after.HasPassword));
        Assert.Empty(after.To);
        Assert.Null(after.DigestAt);
    }

    [Theory]
    [InlineData("-SmtpPort 70000", "InvalidArgument")]
    [InlineData("-SmtpServer mail.example.com", "InvalidArgument")]
    [InlineData("-To nobody", "InvalidArgument")]
    [InlineData("-HistoryDays 0", "InvalidArgument")]
    [InlineData("-ReportOn Digest", "InvalidArgument")]
    [InlineData("-DigestAt noon", "InvalidArgument")]
    [InlineData("-Webhook ftp://example.com", "InvalidArgument")]
    [InlineData("-MaxRate 5", "")]
    [InlineData("-MaxRate fast", "ParameterArgumentTransformationError")]
    [InlineData("-Tls Perhaps", "CannotConvertArgumentNoMessage")]
    public void What_cannot_be_is_refused(string arguments, string id)
    {
        var errors = _lab.Run($"Set-BackupCopySetting {arguments}").Errors;

        Assert.Equal(id, string.Join(' ', errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0])));
    }

    [Fact]
    public void What_if_stores_nothing()
    {
        Assert.Empty(_lab.Get("Set-BackupCopySetting -Webhook https://example.com/T0ken -WhatIf"));
        Assert.False(File.Exists(_lab.Catalog));
    }

    [Fact]
    public void PassThru_returns_what_is_set_now()
    {
        var set = (SettingsInfo)_lab.Get("Set-BackupCopySetting -MaxTasks 3 -PassThru").Single().BaseObject;

        Assert.Equal(3, set.MaxTasks);
    }

    private SettingsInfo Get() => (SettingsInfo)_lab.Get("Get-BackupCopySetting").Single().BaseObject;
}
