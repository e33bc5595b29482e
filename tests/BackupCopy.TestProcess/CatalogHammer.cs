using System.Buffers.Binary;
using System.Globalization;
using BackupCopy.Catalog;
using BackupCopy.Jobs;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>catalog-hammer path id first count</c>: stores the sessions first, first + 1, … of one hammer, each
/// time also adding one to a number that all hammers share, and prints each session's number once both are
/// stored.
/// </summary>
internal static class CatalogHammer
{
    public static void Run(string[] arguments)
    {
        var catalog = new CatalogStore(arguments[0]);
        var id = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var first = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        var count = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        var job = catalog.Jobs().Single();
        for (var number = first; number < first + count; number++)
        {
            catalog.SaveSession(Session(job, id, number));
            catalog.UpdateJob(job.Id, current => current with { Compression = Next(current.Compression) });
            Program.Acknowledge(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Next(string? number) =>
        (long.Parse(number ?? "0", CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);

    private static SessionRecord Session(JobDefinition job, int hammer, int number)
    {
        var start = DateTime.UnixEpoch.AddSeconds(number);
        return new SessionRecord
        {
            Id = Id(hammer, number),
            JobId = job.Id,
            JobName = job.Name,
            State = SessionState.Completed,
            Result = SessionResult.Success,
            Reason = new string('x', number * 37 % 3000),
            StartUtc = start,
            EndUtc = start,
            Runner = "hammer",
        };
    }

    private static Guid Id(int hammer, int number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, hammer);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], number);
        return new Guid(bytes);
    }
}
