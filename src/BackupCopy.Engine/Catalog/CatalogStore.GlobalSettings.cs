using System.Text.Json;
using System.Text.Json.Serialization;
using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    private const string GlobalSettingsKey = "engine";

    private static readonly JsonSerializerOptions s_settingsForm = new()
    {
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>What counts for all jobs; the defaults where nothing was ever set.</summary>
    internal GlobalSettings GlobalSettings() => ReadSettings(GetSetting(GlobalSettingsKey));

    /// <summary>Changes it under the lock, so that of two changes at once none is lost.</summary>
    internal GlobalSettings UpdateGlobalSettings(Func<GlobalSettings, GlobalSettings> change) =>
        Change(database => ChangeSettings(database, change));

    private GlobalSettings ChangeSettings(
        CatalogDatabase database, Func<GlobalSettings, GlobalSettings> change)
    {
        var known = database.Find(CatalogDatabase.Settings, GlobalSettingsKey) is { } document
            ? new DocumentReader(Path, "setting", document).Text("value") : null;
        var changed = change(ReadSettings(known));
        database.Upsert(CatalogDatabase.Settings, new LiteDB.BsonDocument
        {
            ["_id"] = GlobalSettingsKey,
            ["value"] = JsonSerializer.Serialize(changed, s_settingsForm),
        });
        return changed;
    }

    private GlobalSettings ReadSettings(string? text)
    {
        try
        {
            return text is null ? new GlobalSettings()
                : JsonSerializer.Deserialize<GlobalSettings>(text, s_settingsForm)!;
        }
        catch (JsonException error)
        {
            throw CatalogError.Damaged(Path, "the settings cannot be read", error);
        }
    }
}
