using System.Security.Cryptography;
using System.Text;

namespace BackupCopy.Inventory;

/// <summary>
/// Ids made from names, for machines and backups that nobody gave an id: the same name, without regard to
/// case, is the same machine in every repository and catalog.
/// </summary>
internal static class Identity
{
    public static Guid OfMachine(string name) => From("machine", name);

    public static Guid OfBackup(string name) => From("backup", name);

    private static Guid From(string kind, string name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}:{name.ToUpperInvariant()}"));
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }
}
