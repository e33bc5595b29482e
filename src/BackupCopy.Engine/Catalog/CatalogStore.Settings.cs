using LiteDB;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>All settings by key.</summary>
    public IReadOnlyDictionary<string, string> Settings() => Read<IReadOnlyDictionary<string, string>>(
        new Dictionary<string, string>(),
        database => database.All(CatalogDatabase.Settings)
            .Select(document => new DocumentReader(Path, "setting", document))
            .ToDictionary(fields => fields.Text("_id"), fields => fields.Text("value")));

    /// <summary>The value of a setting; null when it was never set.</summary>
    /// <param name="key">The key; case matters.</param>
    public string? GetSetting(string key) => Read(null, database =>
        database.Find(CatalogDatabase.Settings, key) is { } document
            ? new DocumentReader(Path, "setting", document).Text("value")
            : null);

    /// <summary>Stores a setting.</summary>
    /// <param name="key">The key; not empty, case matters.</param>
    /// <param name="value">The value; null removes the setting.</param>
    public void SetSetting(string key, string? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Change(database =>
        {
            if (value is null)
            {
                return database.Delete(CatalogDatabase.Settings, key);
            }

            database.Upsert(CatalogDatabase.Settings, new BsonDocument { ["_id"] = key, ["value"] = value });
            return true;
        });
    }
}
