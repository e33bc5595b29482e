using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using BackupCopy.Catalog;
using BackupCopy.Jobs;

namespace BackupCopy.Tests.Catalog;

/// <summary>Records for catalog tests, and the whole content of a catalog as one text to compare.</summary>
internal static class CatalogSamples
{
    public static readonly DateTime Start =
        new DateTime(2026, 3, 1, 22, 0, 0, DateTimeKind.Utc).AddTicks(1234567);

    private static readonly JsonSerializerOptions s_indented =
        new() { WriteIndented = true, Converters = { new CheckpointText() } };

    public static RepositoryDefinition Repository(string name = "Primary") => new()
    {
        Id = Guid.NewGuid(),
        Name = name,
        Path = "/backup/" + name,
        AddedUtc = Start,
    };

    public static JobDefinition Job(RepositoryDefinition repository, string name = "Nightly") => new()
    {
        Id = Guid.NewGuid(),
        Name = name,
        TargetRepositoryId = repository.Id,
        SourceRepositoryIds = [repository.Id],
        CreatedUtc = Start,
    };

    public static SessionRecord Session(Guid jobId, int minute = 0, string runner = "host/boot/1") => new()
    {
        Id = Guid.NewGuid(),
        JobId = jobId,
        JobName = "Nightly",
        State = SessionState.Working,
        Result = SessionResult.None,
        StartUtc = Start.AddMinutes(minute),
        Runner = runner,
    };

    public static SessionRecord Ended(
        this SessionRecord session, SessionResult result = SessionResult.Success) => session with
    {
        State = SessionState.Completed,
        Result = result,
        EndUtc = session.StartUtc.AddMinutes(1),
    };

    public static string Text(object? value) => JsonSerializer.Serialize(value, s_indented);

    public static string Content(CatalogStore catalog) => Text(new
    {
        Repositories = catalog.Repositories(),
        Jobs = catalog.Jobs(),
        Sessions = catalog.Sessions(new SessionQuery()),
        Settings = catalog.Settings().OrderBy(setting => setting.Key, StringComparer.Ordinal),
    });

    /// <summary>
    /// A record whose every property, also of the records in it, has a value that is not its default: a
    /// property that the catalog forgets to store does not come back.
    /// </summary>
    public static T Filled<T>(int seed = 1) => (T)Fill(typeof(T), ref seed)!;

    private static object? Fill(Type type, ref int seed)
    {
        seed++;
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(string) => $"Text {seed} ä€😀",
            _ when type == typeof(int) => seed,
            _ when type == typeof(long) => (1L << 40) + seed,
            _ when type == typeof(bool) => true,
            _ when type == typeof(Guid) => Guid.NewGuid(),
            _ when type == typeof(DateTime) => Start.AddTicks(seed),
            _ when type == typeof(TimeOnly) => new TimeOnly(seed % 24, seed % 60),
            _ when type == typeof(DateOnly) => DateOnly.FromDayNumber(seed + 1000),
            _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(seed),
            { IsEnum: true } => Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1),
            _ when typeof(IEnumerable).IsAssignableFrom(type) => FillList(type, ref seed),
            // One case of a closed family; CatalogSessionsTests stores the others.
            _ when type == typeof(PhaseCheckpoint) => Fill(typeof(PhaseCheckpoint.Compacting), ref seed),
            _ => FillRecord(type, ref seed),
        };
    }

    private static Array FillList(Type type, ref int seed)
    {
        var item = type.GetGenericArguments().Single();
        var list = Array.CreateInstance(item, 2);
        list.SetValue(Fill(item, ref seed), 0);
        list.SetValue(Fill(item, ref seed), 1);
        return list;
    }

    private static object FillRecord(Type type, ref int seed)
    {
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        var arguments = new List<object?>();
        foreach (var parameter in constructor.GetParameters())
        {
            arguments.Add(Fill(parameter.ParameterType, ref seed));
        }

        var record = constructor.Invoke([.. arguments]);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is { IsPublic: true })
            {
                property.SetValue(record, Fill(property.PropertyType, ref seed));
            }
        }

        return record;
    }

    // As what it is, not as the family that it belongs to.
    private sealed class CheckpointText : JsonConverter<PhaseCheckpoint>
    {
        public override PhaseCheckpoint Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(
            Utf8JsonWriter writer, PhaseCheckpoint value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WritePropertyName(value.GetType().Name);
            JsonSerializer.Serialize(writer, (object)value);
            writer.WriteEndObject();
        }
    }
}
