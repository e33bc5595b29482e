namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// An XFS of its own in a sparse file of the work folder; disposing unmounts it, which frees the loop device.
/// </summary>
internal sealed class LoopXfs : IAsyncDisposable
{
    private readonly string _image;
    private readonly string _mount;

    private LoopXfs(string image, string mount)
    {
        _image = image;
        _mount = mount;
    }

    /// <exception cref="NotSupportedException">It cannot be made here; the message says why.</exception>
    public static async Task<LoopXfs> MountAsync(
        string image, string mount, long sizeBytes, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            throw new NotSupportedException("mounting an XFS needs Linux and root.");
        }

        if (Command.Find("mkfs.xfs") is not { } make)
        {
            throw new NotSupportedException("mkfs.xfs is not on the PATH.");
        }

        using (var file = File.Create(image))
        {
            file.SetLength(Math.Max(sizeBytes, 512L << 20));
        }

        Directory.CreateDirectory(mount);
        await Command.RunAsync(new CommandLine(make, ["-q", "-m", "reflink=1", image]), cancellation);
        await Command.RunAsync(
            new CommandLine("mount", ["-t", "xfs", "-o", "loop", image, mount]), CancellationToken.None);
        return new LoopXfs(image, mount);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Command.RunAsync(new CommandLine("umount", [_mount]), CancellationToken.None);
        }
        catch (IOException)
        {
            await Command.RunAsync(new CommandLine("umount", ["--lazy", _mount]), CancellationToken.None);
        }

        File.Delete(_image);
    }
}
