using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using BackupCopy.Storage;

namespace BackupCopy.Catalog;

/// <summary>
/// Protects what the catalog must not hold in the clear: by Windows for the account, or for the machine where
/// the catalog is the machine's; elsewhere by a random key in a file beside the catalog that only its owner
/// may read. Who has the catalog alone, such as a copy of it, cannot read a secret.
/// </summary>
internal sealed class SecretBox(string catalog, CatalogPlaces? places = null)
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const string Keyed = "key1:";
    private const string Dpapi = "dpapi1:";

    private readonly string _keyFile = catalog + ".key";

    /// <param name="purpose">Names the setting; a secret of one is none of another.</param>
    /// <returns>Text for the catalog; empty for an empty secret.</returns>
    /// <remarks>The caller holds the catalog's lock: of two first secrets each would make the key.</remarks>
    public string Protect_NeedsLock(string secret, string purpose)
    {
        if (secret.Length == 0)
        {
            return "";
        }

        var plain = Encoding.UTF8.GetBytes(secret);
        try
        {
            return OperatingSystem.IsWindows()
                ? Dpapi + Convert.ToBase64String(ProtectedData.Protect(plain, Context(purpose), Scope()))
                : Keyed + Convert.ToBase64String(Seal(plain, purpose));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <returns>The secret; empty for none.</returns>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.SecretUnreadable"/>: the key is lost, another one, or not this account's.
    /// </exception>
    public string Reveal(string text, string purpose)
    {
        if (text.Length == 0)
        {
            return "";
        }

        byte[]? plain = null;
        try
        {
            plain = Open(text, purpose);
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception error) when (error is CryptographicException or FormatException)
        {
            throw Unreadable(purpose, "it was protected with another key or by another account", error);
        }
        catch (BackupCopyException error) when (error.Code != ErrorCode.SecretUnreadable)
        {
            throw new BackupCopyException(
                ErrorCode.SecretUnreadable, $"The {purpose} cannot be read: {error.Message}", error.Remedy,
                error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private byte[] Open(string text, string purpose) => text switch
    {
        _ when text.StartsWith(Keyed, StringComparison.Ordinal) =>
            Unseal(Convert.FromBase64String(text[Keyed.Length..]), purpose),
        _ when text.StartsWith(Dpapi, StringComparison.Ordinal) && OperatingSystem.IsWindows() =>
            ProtectedData.Unprotect(
                Convert.FromBase64String(text[Dpapi.Length..]), Context(purpose), Scope()),
        _ => throw Unreadable(purpose, "it was protected on another system"),
    };

    private byte[] Seal(byte[] plain, string purpose)
    {
        // What others could read until now is theirs no more; who sets a secret anew mends the key too.
        PrivateFile.Close(_keyFile);
        var key = PrivateFile.ReadOrNull(_keyFile, KeyBytes) ?? NewKey();
        try
        {
            var box = new byte[NonceBytes + TagBytes + plain.Length];
            RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Encrypt(
                box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes),
                box.AsSpan(NonceBytes, TagBytes), Context(purpose));
            return box;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private byte[] Unseal(byte[] box, string purpose)
    {
        var key = PrivateFile.ReadOrNull(_keyFile, KeyBytes)
            ?? throw Unreadable(purpose, $"its key {_keyFile} is missing or damaged");
        try
        {
            if (box.Length < NonceBytes + TagBytes)
            {
                throw Unreadable(purpose, "it is damaged");
            }

            var plain = new byte[box.Length - NonceBytes - TagBytes];
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(
                box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes),
                box.AsSpan(NonceBytes, TagBytes), plain, Context(purpose));
            return plain;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private byte[] NewKey()
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        PrivateFile.Write(_keyFile, key);
        return key;
    }

    // What an administrator sets at the prompt has to serve the service, which is another account.
    [SupportedOSPlatform("windows")]
    private DataProtectionScope Scope() =>
        catalog == (places ?? CatalogPlaces.OfThisProcess()).MachineCatalog
            ? DataProtectionScope.LocalMachine : DataProtectionScope.CurrentUser;

    private static byte[] Context(string purpose) => Encoding.UTF8.GetBytes("BackupCopy: " + purpose);

    private static BackupCopyException Unreadable(string purpose, string why, Exception? error = null) => new(
        ErrorCode.SecretUnreadable, $"The {purpose} cannot be read: {why}.",
        "Set it again with Set-BackupCopySetting, as the account that runs the jobs.", error);
}
