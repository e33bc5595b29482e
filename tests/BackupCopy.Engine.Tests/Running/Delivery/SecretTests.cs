using System.Text;
using BackupCopy.Catalog;
using BackupCopy.Running;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class SecretTests
{
    private const string Hook = "https://hooks.example.com/services/T0ken-8812";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task No_file_beside_the_catalog_holds_a_secret_and_the_key_is_its_owners()
    {
        await using var lab = new DeliveryLab().WithMail(new SettingsChanges { Webhook = Hook });
        lab.Server.Answers["AUTH"] = "535 no";
        lab.Server.Answers["CONNECT"] = "421 down";
        await lab.EndSessionAsync();

        foreach (var file in Directory.GetFiles(lab.Folder, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            foreach (var secret in new[] { SmtpTestServer.Password, "T0ken-8812" })
            {
                Assert.False(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0, file);
                Assert.False(bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(secret)) >= 0, file);
                Assert.False(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(
                    Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)))) >= 0, file);
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(KeyOf(lab)));
        }

        var shown = lab.Engine.Settings.Get();
        Assert.Equal((true, true, "hooks.example.com"), (shown.HasPassword, shown.HasWebhook, shown.Webhook));
    }

    [Fact]
    public void The_same_secret_never_looks_the_same_and_serves_one_purpose()
    {
        using var folder = new TemporaryFolder();
        var box = new SecretBox(folder["catalog.db"]);

        var (one, two) = (box.Protect_NeedsLock("pw", "a"), box.Protect_NeedsLock("pw", "a"));

        Assert.NotEqual(one, two);
        Assert.Equal(("pw", "pw"), (box.Reveal(one, "a"), box.Reveal(two, "a")));
        Assert.Equal("", box.Reveal(box.Protect_NeedsLock("", "a"), "a"));
        Unreadable(() => box.Reveal(one, "b"));
        Unreadable(() => box.Reveal(one[..^8], "a"));
        Unreadable(() => box.Reveal("key1:AAAA", "a"));
        Unreadable(() => box.Reveal("key1:%%%", "a"));
        Unreadable(() => box.Reveal("other1:AAAA", "a"));
    }

    [Fact]
    public async Task Without_its_key_a_secret_is_set_again_and_works()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps the key.");
        await using var lab = new DeliveryLab().WithMail();
        File.Delete(KeyOf(lab));

        var session = await lab.EndSessionAsync();
        Assert.Contains("The password of the mail server cannot be read: its key", session.Delivery);
        Assert.Contains("Set it again with Set-BackupCopySetting", session.Delivery);
        Assert.Equal(0, lab.Server.Connections);

        lab.WithMail();
        await lab.SendQueuedAsync(TimeSpan.Zero);
        Assert.Single(lab.Server.Messages);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(0)]
    public async Task Another_key_or_a_damaged_one_opens_nothing(int length)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps the key.");
        await using var lab = new DeliveryLab().WithMail();
        await File.WriteAllBytesAsync(
            KeyOf(lab), new byte[length], TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => lab.Engine.Reports.SendTestAsync([], default));

        Assert.Equal(ErrorCode.SecretUnreadable, error.Code);
        lab.WithMail();
        await lab.Engine.Reports.SendTestAsync([], default);
    }

    [Fact]
    public async Task A_key_that_others_may_read_is_not_used_until_the_secret_is_set_again()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows keeps the key.");
            return;
        }

        await using var lab = new DeliveryLab().WithMail();
        File.SetUnixFileMode(KeyOf(lab), OwnerOnly | UnixFileMode.GroupRead);

        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => lab.Engine.Reports.SendTestAsync([], default));
        Assert.Equal(ErrorCode.SecretUnreadable, error.Code);
        Assert.Contains("Other accounts may read", error.Message);

        lab.WithMail();
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(KeyOf(lab)));
        await lab.Engine.Reports.SendTestAsync([], default);
    }

    [Fact]
    public async Task Two_first_secrets_at_once_share_one_key()
    {
        await using var lab = new DeliveryLab();

        await Task.WhenAll(
            Task.Run(() => lab.WithMail()),
            Task.Run(() => lab.NewEngine().Settings.Update(new SettingsChanges { Webhook = Hook })));

        Assert.Equal("hooks.example.com", lab.Engine.Settings.Get().Webhook);
        Assert.Equal(["Report sent to a@example.com."],
            await lab.Engine.Reports.SendTestAsync(["a@example.com"], default));
    }

    private static string KeyOf(DeliveryLab lab) => Path.Combine(lab.Folder, "catalog.db.key");

    private static void Unreadable(Action act) =>
        Assert.Equal(ErrorCode.SecretUnreadable, Assert.Throws<BackupCopyException>(act).Code);
}
