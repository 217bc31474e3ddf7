using System.Globalization;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>Remembers the key of the row read last: once the rows have ended, SQLite no longer has it.</summary>
internal sealed class SqliteKey(SqliteTable table)
{
    private long? _integer;
    private KeyValue?[] _values = [];

    public void Remember(SqliteRow row)
    {
        // nearly every key is one integer, and this happens for every row
        _integer = table.Key.Count == 1 ? row.Integer(table.Key[0]) : null;
        if (_integer is null) _values = [.. table.Key.Select(row.Key)];
    }

    /// <summary>The token of that row; empty where one of its values cannot stand in JSON.</summary>
    public byte[] Token()
    {
        if (_integer is { } integer) return Json([new KeyValue(table.Key[0], "integer", integer.ToString(CultureInfo.InvariantCulture))]);
        var values = _values.OfType<KeyValue>().ToList();
        return values.Count == table.Key.Count ? Json(values) : [];
    }

    private byte[] Json(IReadOnlyList<KeyValue> values) => new ResumeToken(table.Name, values).ToJson();
}
