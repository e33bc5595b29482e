using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Running.Logging;

/// <summary>Writes each entry as one line of JSON; docs/EVENTS.md names the fields.</summary>
internal sealed class JsonLines : ILogger
{
    // A line that fits a page or two is written at once; a script's output may be megabytes.
    private const int LongestText = 4000;

    private static readonly JsonWriterOptions s_form = new()
    {
        // Names stay as they are typed. A log is no web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly RollingLog _file;
    private readonly TimeProvider _time;
    private readonly LogLevel _lowest;

    /// <param name="lowest">From which level on entries are written.</param>
    public JsonLines(RollingLog file, TimeProvider time, LogLevel lowest)
    {
        _file = file;
        _time = time;
        _lowest = lowest;
    }

    /// <summary>The level of that name, Information for what is none.</summary>
    public static LogLevel LevelOf(string? name) =>
        Enum.TryParse<LogLevel>(name, ignoreCase: true, out var level) && Enum.IsDefined(level)
            ? level : LogLevel.Information;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _lowest && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_form))
        {
            json.WriteStartObject();
            json.WriteString("time", _time.GetUtcNow().UtcDateTime);
            json.WriteString("level", logLevel.ToString());
            json.WriteNumber("id", eventId.Id);
            json.WriteString("event", eventId.Name);
            json.WriteString("message", Shortened(formatter(state, exception)));
            json.WriteNumber("process", Environment.ProcessId);
            WriteFields(json, state);
            if (exception is not null)
            {
                json.WriteString("exception", Shortened(exception.ToString()));
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        _file.Add(buffer.WrittenSpan);
    }

    private static void WriteFields<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> fields)
        {
            return;
        }

        foreach (var (name, value) in fields)
        {
            // The template says nothing that the message does not.
            if (value is not null && name != "{OriginalFormat}")
            {
                json.WritePropertyName(JsonNamingPolicy.CamelCase.ConvertName(name));
                Write(json, value);
            }
        }
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case bool yes:
                json.WriteBooleanValue(yes);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(Math.Round(number, 3));
                break;
            case DateTime time:
                json.WriteStringValue(time);
                break;
            case Guid id:
                json.WriteStringValue(id);
                break;
            default:
                json.WriteStringValue(Shortened(value.ToString() ?? ""));
                break;
        }
    }

    private static string Shortened(string text) =>
        text.Length <= LongestText ? text : $"{text.AsSpan(0, LongestText)}...";
}
