using System.Runtime.InteropServices;

namespace BackupCopy.Blocks;

/// <summary>
/// The zstd library itself. A package carries it for Windows, Linux (glibc 2.34 or later) and macOS;
/// elsewhere <see cref="IsAvailable"/> is false and the managed port takes over: the frames are the same, at
/// 1.45 times the CPU.
/// </summary>
internal static unsafe partial class NativeZstd
{
    private const string Library = "libzstd";

    public static bool IsAvailable { get; } = Probe();

    /// <summary>The compressed length; 0 when it does not fit into the target.</summary>
    public static int Compress(Context context, ReadOnlySpan<byte> from, Span<byte> to, int level)
    {
        fixed (byte* source = from, target = to)
        {
            var length = CompressCCtx(
                context.Handle, target, (nuint)to.Length, source, (nuint)from.Length, level);
            return IsError(length) != 0 ? 0 : (int)length;
        }
    }

    /// <summary>Whether the frame expanded to exactly the target's length.</summary>
    public static bool TryExpand(Context context, ReadOnlySpan<byte> from, Span<byte> to)
    {
        fixed (byte* source = from, target = to)
        {
            var length = DecompressDCtx(context.Handle, target, (nuint)to.Length, source, (nuint)from.Length);
            return IsError(length) == 0 && (int)length == to.Length;
        }
    }

    private static bool Probe()
    {
        try
        {
            return VersionNumber() >= 10400;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException
            or BadImageFormatException)
        {
            return false;
        }
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_versionNumber")]
    private static partial uint VersionNumber();

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateCCtx();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCCtx(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateDCtx();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDCtx(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressCCtx")]
    private static partial nuint CompressCCtx(
        nint context, byte* target, nuint capacity, byte* source, nuint length, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static partial nuint DecompressDCtx(
        nint context, byte* target, nuint capacity, byte* source, nuint length);

    /// <summary>Work memory of the library for one direction; for one thread at a time.</summary>
    public sealed class Context : SafeHandle
    {
        private readonly bool _compresses;

        public Context(bool compresses)
            : base(0, ownsHandle: true)
        {
            _compresses = compresses;
            SetHandle(compresses ? CreateCCtx() : CreateDCtx());
            if (IsInvalid)
            {
                throw new InsufficientMemoryException("zstd has no memory for its work.");
            }
        }

        public override bool IsInvalid => handle == 0;

        public nint Handle => handle;

        protected override bool ReleaseHandle()
        {
            _ = _compresses ? FreeCCtx(handle) : FreeDCtx(handle);
            return true;
        }
    }
}
