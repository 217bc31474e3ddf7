using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>How documents are kept in the database. PostgreSQL compresses a row of more than 2 kB, and keeps it as it is where that would not make it smaller.</summary>
internal enum StoredCompressionMethod
{
    /// <summary>Fast to write and read. A server built without it uses <see cref="Pglz"/>.</summary>
    Lz4,

    /// <summary>PostgreSQL's own: often smaller than LZ4, and several times slower.</summary>
    Pglz,

    /// <summary>Not compressed.</summary>
    None,
}

/// <summary>
/// Brings the tables that hold documents to the method asked for. It binds what is written from then on; what is stored already stays as it is and reads the
/// same. A table in use is passed over rather than waited for, since whoever waits for it makes everybody else wait.
/// </summary>
internal sealed partial class StoredCompression(ILogger<StoredCompression> logger)
{
    /// <summary>The setting, read by role <c>migrate</c>.</summary>
    public const string Setting = "DATASYNC_STORED_COMPRESSION";

    private const string ToChange = """
        SELECT format('ALTER TABLE ONLY public.%I ', c.relname) || string_agg(
                   format('ALTER COLUMN %I SET STORAGE %s', a.attname, CASE WHEN $1 = 'none' THEN 'EXTERNAL' ELSE 'EXTENDED' END)
                   || CASE WHEN $1 = 'none' THEN '' ELSE format(', ALTER COLUMN %I SET COMPRESSION %s', a.attname, $1) END, ', ')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace
          AND (c.oid IN ('public.sync_data'::regclass, 'public.sync_rejections'::regclass)
               OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'public.sync_data'::regclass))
          AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'json'::regtype
          AND CASE WHEN $1 = 'none' THEN a.attstorage <> 'e' ELSE a.attstorage <> 'x' OR a.attcompression <> left($1, 1)::"char" END
        GROUP BY c.relname ORDER BY c.relname
        """;

    /// <summary>Returns how many tables were changed.</summary>
    public async Task<int> ApplyAsync(NpgsqlDataSource owner, StoredCompressionMethod method, CancellationToken ct)
    {
        await using var connection = await owner.OpenConnectionAsync(ct);
        if (method == StoredCompressionMethod.Lz4 && !await HasLz4Async(connection, ct)) method = StoredCompressionMethod.Pglz;
        var (changed, busy) = (0, 0);
        foreach (var statement in await StatementsAsync(connection, method, ct))
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using var change = new NpgsqlCommand("SET LOCAL lock_timeout = '2s';" + statement, connection, transaction);
            try
            {
                await change.ExecuteNonQueryAsync(ct);
                await transaction.CommitAsync(ct);
                changed++;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                busy++;
            }
        }

        if (busy > 0) Log.Busy(logger, busy, method);
        return changed;
    }

    private static async Task<bool> HasLz4Async(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'", connection);
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static async Task<List<string>> StatementsAsync(NpgsqlConnection connection, StoredCompressionMethod method, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(ToChange, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = method.ToString().ToLowerInvariant() } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<string> statements = [];
        while (await reader.ReadAsync(ct)) statements.Add(reader.GetString(0));
        return statements;
    }

    private static partial class Log
    {
        [LoggerMessage(1603, LogLevel.Warning, "{Busy} tables were in use and keep their compression of stored documents; run the migration again to bring them to {Method}")]
        public static partial void Busy(ILogger logger, int busy, StoredCompressionMethod method);
    }
}
