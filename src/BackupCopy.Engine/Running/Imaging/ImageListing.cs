using BackupCopy.Inventory;
using BackupCopy.Reporting;
using BackupCopy.Sources.Folders;

namespace BackupCopy.Running.Imaging;

/// <summary>The points of a folder of images as the prompt shows them.</summary>
internal static class ImageListing
{
    /// <summary>By machine, oldest first.</summary>
    public static IEnumerable<RestorePointInfo> Of(ImageRepository repository) =>
        repository.Points.Select(p => Describe(repository, p));

    private static RestorePointInfo Describe(ImageRepository repository, ImagePoint point)
    {
        var state = repository.Look(point);
        var job = repository.JobNameOf(point);
        return new RestorePointInfo
        {
            Machine = point.Machine,
            MachineId = ImageRepository.MachineIdOf(point),
            Time = point.TimeUtc.ToLocalTime(),
            Type = RestorePointType.Full,
            State = state.IsLocked ? RestorePointState.Locked : RestorePointState.Complete,
            Repository = repository.Definition.Name,
            RepositoryId = repository.Definition.Id,
            Backup = job,
            JobId = Identity.OfBackup(job),
            BackupFolder = job,
            Sequence = point.Sequence,
            SizeBytes = point.LengthBytes,
            AddedBytes = point.LengthBytes,
            Disks =
            [
                .. point.Images.Select(i => new DiskInfo(
                    default, i.Disk, i.File.State.LengthBytes, i.File.State.LengthBytes)),
            ],
            Attachments = [.. point.Attachments.Select(a => a.Name)],
            WrittenTime = point.WrittenUtc.ToLocalTime(),
            Reason = state.IsLocked ? $"{state.Reason}." : "",
            Path = point.Files.First().Path,
        };
    }
}
