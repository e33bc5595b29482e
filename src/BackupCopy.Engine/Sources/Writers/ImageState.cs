namespace BackupCopy.Sources.Writers;

/// <summary>Whether a point can be copied now.</summary>
/// <param name="Reason">Why not, as a sentence without its full stop; empty when it can.</param>
/// <param name="Writer">
/// Who holds it, such as "qemu-img (process 4711)" or "another process"; empty when it only has to settle.
/// </param>
/// <param name="SettledIn">
/// When it is worth looking again, if nothing happens to it until then; null while a writer holds it.
/// </param>
internal sealed record ImageState(bool IsLocked, string Reason, string Writer, TimeSpan? SettledIn)
{
    public static ImageState Free { get; } = new(false, "", "", null);

    public static ImageState Held(string reason, string writer) => new(true, reason, writer, null);

    public static ImageState Settling(string reason, TimeSpan left) => new(true, reason, "", left);
}
