using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>One compiled statement.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    private bool _hasBegun;

    public sqlite3_stmt Handle => handle;

    /// <summary>Compiles the text. More than one statement in it, or one that gives no rows or would write, is refused.</summary>
    public static SqliteStatement Prepare(SqliteDatabase database, string sql)
    {
        sqlite3_stmt? handle = null;
        string? tail = null;
        database.Check(database.Patiently(() => raw.sqlite3_prepare_v2(database.Handle, sql, out handle, out tail)));
        var statement = new SqliteStatement(database, handle!);
        try
        {
            if (handle is not { IsInvalid: false } || raw.sqlite3_column_count(handle) == 0 || raw.sqlite3_stmt_readonly(handle) == 0
                || raw.sqlite3_stmt_isexplain(handle) != 0 || HasMore(database, tail)) throw Refused();
            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    /// <summary>The text of a statement that <see cref="Prepare"/> accepts by itself, without what ends it, so that it can stand within another.</summary>
    public static string Whole(SqliteDatabase database, string sql)
    {
        using var alone = Prepare(database, sql);
        var text = raw.sqlite3_sql(alone.Handle).utf8_to_string().TrimEnd();
        return text.EndsWith(';') ? text[..^1] : text;
    }

    /// <summary>Runs to the next row; false at the end.</summary>
    public bool Step()
    {
        // the lock is taken with the first step, and held to the last
        var result = _hasBegun ? raw.sqlite3_step(handle) : database.Patiently(() => raw.sqlite3_step(handle));
        _hasBegun = true;
        database.Check(result);
        return result == raw.SQLITE_ROW;
    }

    /// <summary>Fails where a value of the current row is missing for want of memory.</summary>
    public void DemandMemory() => database.DemandMemory();

    /// <summary>Binds values by name; every parameter must have one, and every value a parameter.</summary>
    /// <param name="values">The values.</param>
    /// <param name="window">Binds its own bounds too.</param>
    public void Bind(IReadOnlyDictionary<string, JsonElement> values, CursorWindow? window = null)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 1; i <= raw.sqlite3_bind_parameter_count(handle); i++)
        {
            var name = raw.sqlite3_bind_parameter_name(handle, i).utf8_to_string() ?? "";
            if ((name == SqliteWindow.From ? window?.From : name == SqliteWindow.To ? window?.To : null) is { } bound)
            {
                Bind(i, bound);
                continue;
            }

            if (!name.StartsWith('@') || !values.TryGetValue(name[1..], out var value))
                throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_missing", ("name", name)));
            used.Add(name[1..]);
            Bind(i, value);
        }

        if (values.Keys.FirstOrDefault(v => !used.Contains(v)) is { } unused)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)));
    }

    public void BindText(int index, string value) => database.Check(raw.sqlite3_bind_text(handle, index, value));

    /// <summary>Binds a key's value as the storage class it had.</summary>
    public void Bind(int index, KeyValue key) => database.Check(key.Type switch
    {
        "integer" => raw.sqlite3_bind_int64(handle, index, long.Parse(key.Value, CultureInfo.InvariantCulture)),
        "real" => raw.sqlite3_bind_double(handle, index, double.Parse(key.Value, CultureInfo.InvariantCulture)),
        "blob" => raw.sqlite3_bind_blob(handle, index, Convert.FromBase64String(key.Value)),
        "text" => raw.sqlite3_bind_text(handle, index, key.Value),
        _ => throw ResumeToken.Lost(null),
    });

    public void Dispose() => handle?.Dispose();

    private void Bind(int index, JsonElement value) => database.Check(value.ValueKind switch
    {
        JsonValueKind.String => raw.sqlite3_bind_text(handle, index, value.GetString()),
        JsonValueKind.Number when value.TryGetInt64(out var integer) => raw.sqlite3_bind_int64(handle, index, integer),
        JsonValueKind.Number => raw.sqlite3_bind_double(handle, index, value.GetDouble()),
        JsonValueKind.True or JsonValueKind.False => raw.sqlite3_bind_int64(handle, index, value.GetBoolean() ? 1 : 0),
        _ => raw.sqlite3_bind_null(handle, index),
    });

    /// <summary>True where anything but comments and semicolons follows.</summary>
    private static bool HasMore(SqliteDatabase database, string? tail)
    {
        while (!string.IsNullOrWhiteSpace(tail))
        {
            var result = raw.sqlite3_prepare_v2(database.Handle, tail, out var more, out var rest);
            using (more)
            {
                if (result != raw.SQLITE_OK || more is { IsInvalid: false } || rest == tail) return true;
            }

            tail = rest;
        }

        return false;
    }

    private static SyncFailureException Refused()
        => new(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", raw.SQLITE_AUTH)));
}
