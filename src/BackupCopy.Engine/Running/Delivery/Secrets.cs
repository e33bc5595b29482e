using BackupCopy.Catalog;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Delivery;

/// <summary>The secrets of the settings.</summary>
internal sealed class Secrets(Engine engine)
{
    private const string PasswordPurpose = "password of the mail server";
    private const string WebHookPurpose = "address of the web hook";

    private readonly SecretBox _box = new(engine.CatalogPath);

    public string Password(MailSettings mail) => _box.Reveal(mail.ProtectedPassword, PasswordPurpose);

    public string WebHook(MailSettings mail) => _box.Reveal(mail.ProtectedWebhook, WebHookPurpose);

    public string ProtectPassword_NeedsLock(string password) =>
        _box.Protect_NeedsLock(password, PasswordPurpose);

    public string ProtectWebHook_NeedsLock(string address) => _box.Protect_NeedsLock(address, WebHookPurpose);
}
