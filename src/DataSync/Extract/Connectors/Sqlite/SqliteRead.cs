using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>One read under way.</summary>
internal sealed class SqliteRead : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SqliteKey? _key;
    private readonly SqliteStatement _statement;
    private readonly SqliteRow _row;
    private readonly BatchBuilder _records;
    private bool _ended;

    private SqliteRead(SqliteDatabase database, SqliteTable? table, SqliteStatement statement, bool utf16, ReadRequest request)
    {
        (_database, _statement) = (database, statement);
        _key = table is { Key.Count: > 0 } ? new SqliteKey(table) : null;
        _row = new SqliteRow(statement, utf16);
        _records = new BatchBuilder(request);
    }

    /// <summary>Compiles the statement in an open file, which belongs to the reading from then on. The catalog is read first, since the authorizer lets no statement ask for it.</summary>
    public static SqliteRead Start(SqliteDatabase database, ReadRequest request)
    {
        SqliteStatement? statement = null;
        try
        {
            var utf16 = IsUtf16(database);
            var table = request.Table is { } name ? SqliteTable.Find(database, name) : null;
            if (!request.ResumeToken.IsEmpty && table is null or { Key.Count: 0 }) throw ResumeToken.Lost(null);
            var token = table is null ? null : ResumeToken.Read(request.ResumeToken.Span, table.Name, table.Key, types: null);
            SqliteAuthorizer.Install(database.Handle);
            if (request.Window is { } window)
            {
                statement = SqliteStatement.Prepare(database, SqliteWindow.Of(table is null ? SqliteStatement.Whole(database, request.Query!) : $"SELECT * FROM {table.QuotedName}", window));
                statement.Bind(request.Parameters, window);
                return new SqliteRead(database, null, statement, utf16, request);
            }

            statement = SqliteStatement.Prepare(database, table?.Select(token) ?? request.Query!);
            if (table is null) statement.Bind(request.Parameters);
            for (var i = 0; i < token?.Key.Count; i++) statement.Bind(i + 1, token.Key[i]);
            return new SqliteRead(database, table, statement, utf16, request);
        }
        catch
        {
            statement?.Dispose();
            throw;
        }
    }

    /// <summary>The next batch; null when there is none.</summary>
    public RecordBatch? Next()
    {
        while (!_ended && !_records.IsFull)
        {
            if (_records.Remaining <= 0 || !_statement.Step())
            {
                _ended = true;
                break;
            }

            if (_row.Write(_records.Buffer) is { } rejection) _records.RejectLast(rejection);
            _key?.Remember(_row);
        }

        return _records.IsEmpty ? null : _records.Take(_key?.Token() ?? []);
    }

    public void Dispose()
    {
        _statement.Dispose();
        _database.Dispose();
        _records.Dispose();
    }

    private static bool IsUtf16(SqliteDatabase database)
    {
        using var statement = SqliteStatement.Prepare(database, "PRAGMA encoding");
        return statement.Step() && raw.sqlite3_column_text(statement.Handle, 0).utf8_to_string() != "UTF-8";
    }
}
