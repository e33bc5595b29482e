using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupCopy.Reporting;

/// <summary>
/// A session as JSON, for scripts and web hooks: the properties of <see cref="SessionInfo"/>.
/// </summary>
public static class SessionJson
{
    private static readonly JsonSerializerOptions s_form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Write(SessionInfo session) => JsonSerializer.Serialize(session, s_form);

    /// <summary>Several sessions, as a list.</summary>
    public static string Write(IReadOnlyList<SessionInfo> sessions) =>
        JsonSerializer.Serialize(sessions, s_form);
}
