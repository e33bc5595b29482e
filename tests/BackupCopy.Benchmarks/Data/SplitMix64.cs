using System.Runtime.InteropServices;

namespace BackupCopy.Benchmarks.Data;

/// <summary>
/// The one source of chance of the data set: SplitMix64, so that the same seed gives the same bytes on every
/// machine and every runtime.
/// </summary>
internal sealed class SplitMix64
{
    private ulong _state;

    public SplitMix64(ulong seed) => _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="limit"/>.</summary>
    public long Below(long limit) => (long)(((UInt128)Next() * (ulong)limit) >> 64);

    /// <summary>A number in [0, 1).</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Fills a length that is a multiple of 8 with incompressible bytes.</summary>
    public void Fill(Span<byte> target)
    {
        foreach (ref ulong word in MemoryMarshal.Cast<byte, ulong>(target))
        {
            word = Next();
        }
    }

    /// <summary>One well-mixed number out of two, for seeds and stamps.</summary>
    public static ulong Mix(ulong a, ulong b) => Mix(Mix(a + 0x9E3779B97F4A7C15) ^ b);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
