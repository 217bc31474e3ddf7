namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>A table as the log describes it before the first change of it, and again after it was altered.</summary>
internal sealed record LogRelation(uint Id, string Schema, string Name, bool HasWholeRows, IReadOnlyList<LogColumn> Columns)
{
    public static LogRelation Read(LogMessage message)
    {
        var (id, schema, name) = (message.Int(), message.Word(), message.Word());
        var identity = message.Byte();
        var columns = new LogColumn[message.Short()];
        for (var i = 0; i < columns.Length; i++)
        {
            var isKey = (message.Byte() & 1) != 0;
            columns[i] = new LogColumn(message.Word(), message.Int(), isKey);
            message.Int(); // its type's modifier
        }

        return new LogRelation(id, schema, name, identity == (byte)'f', columns);
    }

    /// <summary>Which columns tell rows apart: those that the log marks; where it marks all, those of the key as the table has it now.</summary>
    public int[] Key(IReadOnlyList<string> key)
    {
        if (!HasWholeRows) return [.. Enumerable.Range(0, Columns.Count).Where(i => Columns[i].IsKey)];
        var named = key.Select(k => Columns.ToList().FindIndex(c => c.Name == k)).ToArray();
        return Array.Exists(named, k => k < 0) ? [.. Enumerable.Range(0, Columns.Count)] : named;
    }
}

/// <summary>A column of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type's number.</param>
/// <param name="IsKey">Part of what the log names rows by.</param>
internal sealed record LogColumn(string Name, uint Type, bool IsKey);
