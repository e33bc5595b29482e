using System.Runtime.InteropServices;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// A virtual machine may give free memory back to its host after a second or two, and then pays for each page
/// again that it touches first: three quarters of a second a GB were measured. Who writes after the pause of
/// a warm-up pays that, and <c>cp</c>, which writes at once, does not. So as much is taken and freed right
/// before the clock runs: by the command <c>memory</c> in a process of its own, since it is not the
/// operation's.
/// </summary>
internal static class HostMemory
{
    private const int PageBytes = 4096;
    private const long MostBytes = 6L << 30;

    /// <summary>The outside.</summary>
    public static Task TakeAsync(CancellationToken cancellation) =>
        Command.RunAsync(OperationProcess.Itself("memory"), cancellation);

    /// <summary>The inside.</summary>
    public static unsafe void Take()
    {
        long bytes = Math.Min(MostBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
        byte* memory = (byte*)NativeMemory.Alloc((nuint)bytes);
        for (long at = 0; at < bytes; at += PageBytes)
        {
            memory[at] = 1;
        }

        NativeMemory.Free(memory);
    }
}
