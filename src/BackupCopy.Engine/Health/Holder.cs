using BackupCopy.Chains;

namespace BackupCopy.Health;

/// <summary>
/// A chain that may hold bytes of a damaged one: of the same machine, elsewhere or the same.
/// </summary>
/// <param name="Title">Such as "repository Primary, backup Nightly".</param>
internal sealed record Holder(string Title, Chain Chain);
