using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>
/// Reads the fields of one document. A field that older versions did not write has a default; one that is
/// missing or of another kind, and a name that this version does not know, are errors that name catalog and
/// field.
/// </summary>
internal readonly struct DocumentReader(string catalog, string kind, BsonDocument document)
{
    public Guid Id(string field) =>
        Value(field) is { IsGuid: true } value ? value.AsGuid : throw Wrong(field);

    public Guid? IdOrNull(string field) => Value(field) is null ? null : Id(field);

    public string Text(string field) =>
        Value(field) is { IsString: true } value ? value.AsString : throw Wrong(field);

    public string Text(string field, string missing) => Value(field) is null ? missing : Text(field);

    public string? TextOrNull(string field) => Value(field) is null ? null : Text(field);

    public long Number(string field, long missing) => Value(field) switch
    {
        null => missing,
        { IsInt32: true } or { IsInt64: true } => document[field].AsInt64,
        _ => throw Wrong(field),
    };

    public long? NumberOrNull(string field) => Value(field) is null ? null : Number(field, 0);

    public bool Flag(string field, bool missing) => Value(field) switch
    {
        null => missing,
        { IsBoolean: true } value => value.AsBoolean,
        _ => throw Wrong(field),
    };

    public bool? FlagOrNull(string field) => Value(field) is null ? null : Flag(field, false);

    public TimeSpan? SpanOrNull(string field) =>
        NumberOrNull(field) is { } ticks ? TimeSpan.FromTicks(ticks) : null;

    public DateOnly? DayOrNull(string field) => NumberOrNull(field) switch
    {
        null => null,
        { } day when day >= 0 && day <= DateOnly.MaxValue.DayNumber => DateOnly.FromDayNumber((int)day),
        _ => throw Wrong(field),
    };

    /// <summary>UTC, to the tick: LiteDB's own dates keep milliseconds.</summary>
    public DateTime Time(string field) => TimeOrNull(field) ?? throw Wrong(field);

    public DateTime? TimeOrNull(string field) => Value(field) switch
    {
        null => null,
        { IsInt64: true } value when value.AsInt64 >= 0 && value.AsInt64 <= DateTime.MaxValue.Ticks =>
            new DateTime(value.AsInt64, DateTimeKind.Utc),
        _ => throw Wrong(field),
    };

    public T Name<T>(string field)
        where T : struct, Enum => Name<T>(field, Text(field));

    public IReadOnlyList<T> Names<T>(string field)
        where T : struct, Enum
    {
        var self = this;
        return Texts(field).Select(text => self.Name<T>(field, text)).ToArray();
    }

    private T Name<T>(string field, string text)
        where T : struct, Enum
    {
        return Enum.TryParse(text, out T value) && Enum.IsDefined(value) && value.ToString() == text
            ? value
            : throw CatalogError.Newer(catalog, $"the {field} \"{text}\" of a {kind} is unknown here");
    }

    public IReadOnlyList<string> Texts(string field)
    {
        var self = this;
        return Items(field).Select(item => item.IsString ? item.AsString : throw self.Wrong(field)).ToArray();
    }

    public IReadOnlyList<Guid> Ids(string field)
    {
        var self = this;
        return Items(field).Select(item => item.IsGuid ? item.AsGuid : throw self.Wrong(field)).ToArray();
    }

    public DocumentReader? DocumentOrNull(string field, string innerKind) => Value(field) switch
    {
        null => null,
        BsonDocument inner => new DocumentReader(catalog, innerKind, inner),
        _ => throw Wrong(field),
    };

    public IEnumerable<DocumentReader> Documents(string field, string itemKind)
    {
        var self = this;
        return Items(field).Select(item => item is BsonDocument inner
            ? new DocumentReader(self.Catalog, itemKind, inner)
            : throw self.Wrong(field));
    }

    private string Catalog => catalog;

    private BsonArray Items(string field) => Value(field) switch
    {
        null => [],
        BsonArray items => items,
        _ => throw Wrong(field),
    };

    private BsonValue? Value(string field) =>
        document.TryGetValue(field, out var value) && !value.IsNull ? value : null;

    private BackupCopyException Wrong(string field) =>
        CatalogError.Damaged(catalog, $"a {kind} has no usable field \"{field}\"");
}
