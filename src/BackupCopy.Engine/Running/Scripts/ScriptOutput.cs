using System.Globalization;
using System.Text;

namespace BackupCopy.Running.Scripts;

/// <summary>
/// What a script prints, on both its streams. Lines that begin with LOG: are handed on as they come, up to a
/// number; of the others the last stay. However much is printed, no more is held.
/// </summary>
/// <param name="log">Told of the LOG: lines of one piece of output.</param>
internal sealed class ScriptOutput(Action<IReadOnlyList<ScriptLogLine>> log)
{
    public const int MostKeptBytes = 64 * 1024;
    public const int MostLogLines = 200;

    private readonly Lock _gate = new();
    private readonly Queue<(string Line, int Bytes)> _kept = new();
    private readonly List<string> _pieces = [];
    private ScriptLines? _lines;
    private bool _isClosed;
    private int _keptBytes;
    private long _lineCount;
    private int _logCount;

    /// <summary>The LOG: lines that were too many.</summary>
    public int SurplusLogCount => Math.Max(0, _logCount - MostLogLines);

    /// <summary>The last lines, <see cref="MostKeptBytes"/> at most.</summary>
    public string Tail
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _kept.Select(k => k.Line));
            }
        }
    }

    /// <summary>Reads a stream to its end or until it is told to leave it.</summary>
    public async Task ReadAsync(Stream stream, Encoding encoding, CancellationToken leave)
    {
        using var reader = new StreamReader(stream, encoding, detectEncodingFromByteOrderMarks: false);
        var found = new List<string>();
        var lines = new ScriptLines(found.Add);
        var buffer = new char[8192];
        try
        {
            int read;
            while ((read = await reader.ReadAsync(buffer.AsMemory(), leave)) > 0)
            {
                lines.Add(buffer.AsSpan(0, read));
                Take(found);
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // Whoever holds the other end open is not waited for; what came counts.
        }

        lines.Close();
        Take(found);
    }

    /// <summary>Takes a piece of what a script prints that has no streams.</summary>
    public void Add(string text) => Piece(lines => lines.Add(text));

    /// <summary>No more pieces are taken: who prints may outlive the session that it is told to.</summary>
    public void Close()
    {
        Piece(lines => lines.Close());
        lock (_pieces)
        {
            _isClosed = true;
        }
    }

    /// <summary>The last lines that fit, with a note of what is missing; empty for nothing.</summary>
    public string Excerpt(int mostBytes)
    {
        lock (_gate)
        {
            var fits = new List<string>();
            var bytes = 0;
            foreach (var (line, size) in _kept.Reverse())
            {
                bytes += size;
                if (bytes > mostBytes && fits.Count > 0)
                {
                    break;
                }

                fits.Insert(0, line);
            }

            var lines = string.Join('\n', fits);
            return _lineCount == fits.Count ? lines : string.Create(
                CultureInfo.InvariantCulture,
                $"… the last {fits.Count:N0} of {_lineCount:N0} lines:\n{lines}");
        }
    }

    private void Piece(Action<ScriptLines> change)
    {
        lock (_pieces)
        {
            if (!_isClosed)
            {
                _lines ??= new ScriptLines(_pieces.Add);
                change(_lines);
                Take(_pieces);
            }
        }
    }

    private void Take(List<string> lines)
    {
        var logged = new List<ScriptLogLine>();
        lock (_gate)
        {
            foreach (var line in lines)
            {
                if (ScriptLogLine.Parse(line) is not { } entry)
                {
                    Keep(line);
                }
                else if (_logCount++ < MostLogLines)
                {
                    logged.Add(entry);
                }
            }
        }

        lines.Clear();
        if (logged.Count > 0)
        {
            log(logged);
        }
    }

    private void Keep(string line)
    {
        _lineCount++;
        var bytes = Encoding.UTF8.GetByteCount(line) + 1;
        _kept.Enqueue((line, bytes));
        for (_keptBytes += bytes; _keptBytes > MostKeptBytes;)
        {
            _keptBytes -= _kept.Dequeue().Bytes;
        }
    }
}
