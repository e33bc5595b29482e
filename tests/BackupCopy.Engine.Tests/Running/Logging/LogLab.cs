using System.Text.Json;

namespace BackupCopy.Tests.Running.Logging;

/// <summary>What lies in the log files beside a catalog.</summary>
internal static class LogLab
{
    public static string[] Files(string folder) => Directory.Exists(Path.Combine(folder, "logs"))
        ? [.. Directory.GetFiles(Path.Combine(folder, "logs")).Order(StringComparer.Ordinal)] : [];

    /// <summary>Every line of every file, oldest first; one that is no JSON object fails the test.</summary>
    public static List<JsonElement> Entries(string folder) =>
    [
        .. Files(folder).SelectMany(File.ReadAllLines).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
            return document.RootElement.Clone();
        }),
    ];

    public static int Id(this JsonElement entry) => entry.GetProperty("id").GetInt32();

    public static string Text(this JsonElement entry, string field = "message") =>
        entry.TryGetProperty(field, out var value) ? value.ToString() : "";
}
