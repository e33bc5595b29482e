using System.Globalization;
using System.Text;

namespace BackupCopy.Images.Vmdk;

/// <summary>
/// The text that describes a disk: an own file, or a part of a sparse one. Lines "key = value" and one line
/// for each extent; '#' begins a comment.
/// </summary>
internal sealed class VmdkDescriptor
{
    /// <summary>What a disk has whose parent is none.</summary>
    private const uint NoParent = 0xffffffff;

    /// <summary>Some thousand extents, more than files may be open.</summary>
    private const int LongestBytes = 512 << 10;

    private readonly ImageFile _file;
    private readonly long _offset;
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<VmdkExtentLine> _extents = [];

    private VmdkDescriptor(ImageFile file, long offset)
    {
        _file = file;
        _offset = offset;
    }

    public IReadOnlyList<VmdkExtentLine> Extents => _extents;

    public string CreateType => Value("createType") ?? "";

    /// <summary>Changes with the content; null where it is not said.</summary>
    public uint? ContentId => Hexadecimal("CID");

    /// <summary>The content that the parent had when this disk was made; null without a parent.</summary>
    public uint? ParentContentId => Hexadecimal("parentCID") is { } id && id != NoParent ? id : null;

    public string? ParentName => Value("parentFileNameHint");

    /// <param name="length">Of the space it has; it may end earlier, with a zero byte.</param>
    public static VmdkDescriptor Read(ImageFile file, long offset, long length)
    {
        if (length > LongestBytes)
        {
            throw ImageError.Damaged(
                file.Path, offset,
                $"its descriptor has {length} bytes, and at most {LongestBytes} make sense");
        }

        var bytes = new byte[length];
        file.Read(offset, bytes);
        var text = bytes.AsSpan();
        text = text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text;
        var descriptor = new VmdkDescriptor(file, offset);
        foreach (var range in text.Split((byte)'\n'))
        {
            descriptor.AddLine(Decode(text[range]).Trim(), offset + range.Start.Value);
        }

        descriptor.EnsureReadable();
        return descriptor;
    }

    private string? Value(string key) => _values.GetValueOrDefault(key);

    private uint? Hexadecimal(string key)
    {
        if (Value(key) is not { } text)
        {
            return null;
        }

        return uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw ImageError.Damaged(_file.Path, _offset, $"its {key} is no number: {text}");
    }

    private void AddLine(string line, long offset)
    {
        if (line.Length == 0 || line[0] == '#')
        {
            return;
        }

        if (VmdkExtentLine.TryParse(_file, line, offset) is { } extent)
        {
            if (_extents.Count == ImageSession.MostFiles)
            {
                throw ImageError.Damaged(
                    _file.Path, offset, $"it has more than {ImageSession.MostFiles} extents");
            }

            _extents.Add(extent);
            return;
        }

        if (line.IndexOf('=') is > 0 and var equals)
        {
            // The first counts, as it does for the programs that write it.
            _values.TryAdd(line[..equals].Trim(), line[(equals + 1)..].Trim().Trim('"'));
        }
    }

    private void EnsureReadable()
    {
        if (Value("keySafe") is not null
            || (Value("ddb.iofilters") ?? "").Contains("crypt", StringComparison.OrdinalIgnoreCase))
        {
            throw ImageError.Unsupported(
                _file.Path, "it is encrypted",
                "Remove the encryption of the machine, or copy it from inside.");
        }

        if (Value("version") is { } version && version is not ("1" or "2" or "3"))
        {
            throw ImageError.Unsupported(
                _file.Path, $"its descriptor has the version {version}",
                "Make a copy of the disk with vmkfstools -i or vmware-vdiskmanager -r.");
        }
    }

    // The names of files: in UTF-8, or in a code page that cannot be had everywhere.
    private static string Decode(ReadOnlySpan<byte> line) =>
        System.Text.Unicode.Utf8.IsValid(line)
            ? Encoding.UTF8.GetString(line) : Encoding.Latin1.GetString(line);
}
