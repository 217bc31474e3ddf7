using System.Data;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>What the server's catalog says about following one table by its log.</summary>
internal sealed record LogFacts
{
    /// <summary>The first version with everything that is asked for.</summary>
    public const int OldestVersion = 14;

    private const string Sql =
        $"""
        SELECT pg_catalog.current_setting('wal_level'), pg_catalog.pg_is_in_recovery(),
            me.rolreplication OR me.rolsuper OR EXISTS (
                SELECT FROM pg_catalog.pg_roles h WHERE h.rolname = 'rds_replication' AND pg_catalog.pg_has_role(current_user, h.oid, 'MEMBER')),
            c.relkind::text, c.relpersistence::text, c.relreplident::text, pg_catalog.row_security_active(c.oid),
            (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '' ORDER BY a.attnum LIMIT 1),
            pg_catalog.has_table_privilege(c.oid, 'SELECT'), pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
            p.oid IS NOT NULL, coalesce(p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AND (c.relkind <> 'p' OR p.pubviaroot), false),
            EXISTS (SELECT FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname AND t.schemaname = n.nspname AND t.tablename = c.relname),
            coalesce(pg_catalog.to_jsonb(r) ->> 'prqual', pg_catalog.to_jsonb(r) ->> 'prattrs') IS NOT NULL,
            coalesce(r.oid, p.oid)::bigint, c.oid::bigint, (SELECT d.oid::bigint FROM pg_catalog.pg_database d WHERE d.datname = current_database()),
            s.slot_name IS NOT NULL, coalesce(s.plugin = 'pgoutput' AND s.database = current_database() AND s.slot_type = 'logical', false), coalesce(s.wal_status, ''),
            s.confirmed_flush_lsn::text,
            (SELECT count(*) FROM pg_catalog.pg_replication_slots) < pg_catalog.current_setting('max_replication_slots')::bigint,
            CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_current_wal_flush_lsn()::text END,
            CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), s.restart_lsn)::bigint END,
            CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' ELSE left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_flush_lsn()), 8) END,
            {PostgresOrigin.TellsSystem},
            current_user::text, n.nspname::text, c.relname::text
        FROM pg_catalog.pg_roles me
        LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass($1)
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_publication p ON p.pubname = $2
        LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
        LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = $2
        WHERE me.rolname = current_user
        """;

    public required int Version { get; init; }
    public string WalLevel { get; private init; } = "";
    public bool IsStandby { get; private init; }
    public bool MayReplicate { get; private init; }
    public string Kind { get; private init; } = "";
    public string Persistence { get; private init; } = "";
    public string Identity { get; private init; } = "";
    public bool HasRowSecurity { get; private init; }
    public string? Generated { get; private init; }
    public bool MaySelect { get; private init; }
    public bool MayUseSchema { get; private init; }
    public bool HasPublication { get; private init; }
    public bool PublishesAll { get; private init; }
    public bool PublishesTable { get; private init; }
    public bool IsFiltered { get; private init; }
    public long Publication { get; private init; }
    public long TableId { get; private init; }
    public long Database { get; private init; }
    public bool HasSlot { get; private init; }
    public bool IsOurSlot { get; private init; }
    public string WalStatus { get; private init; } = "";
    public ulong? Confirmed { get; private init; }
    public bool HasRoomForSlot { get; private init; }
    public ulong End { get; private init; }
    public long? LagBytes { get; private init; }
    public string Timeline { get; private init; } = "";
    public string System { get; private init; } = "";
    public string Login { get; private init; } = "";
    public string Schema { get; private init; } = "";
    public string Name { get; private init; } = "";

    /// <summary>The table with the key its rows are told apart by.</summary>
    public required PostgresTable Table { get; init; }

    /// <summary>What of the table may change without a word in the log.</summary>
    public LogShape Shape { get; init; } = new();

    /// <summary>Columns whose values the log does not show as a record needs them; null for none.</summary>
    public string? Unreadable { get; init; }

    /// <summary>Asks. On a server older than <see cref="OldestVersion"/> nothing but the version is known.</summary>
    public static async Task<LogFacts> AskAsync(PostgresSession session, string table, string name, CancellationToken ct)
    {
        var found = await PostgresTable.FindAsync(session, table, ct);
        var version = session.Connection.PostgreSqlVersion.Major;
        if (version < OldestVersion) return new LogFacts { Version = version, Table = found };
        var facts = await ReadAsync(session, found, version, name, ct);
        return facts with { Unreadable = await LogColumns.FirstUnreadableAsync(session, found, ct) };
    }

    /// <summary>What the server keeps for a slot of this database; null where there is none.</summary>
    public static async Task<HeldLog?> HeldAsync(PostgresSession session, string name, CancellationToken ct)
    {
        const string Slot =
            """
            SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_flush_lsn(), s.restart_lsn)::bigint END
            FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1 AND s.database = current_database()
            """;
        await using var reader = await session.QueryAsync(Slot, [PostgresSession.Text(name)], CommandBehavior.Default, ct);
        return await reader.ReadAsync(ct) ? new HeldLog(reader.IsDBNull(0) ? null : reader.GetInt64(0)) : null;
    }

    /// <summary>Asks for all but <see cref="Unreadable"/>.</summary>
    public static async Task<LogFacts> ReadAsync(PostgresSession session, PostgresTable table, int version, string name, CancellationToken ct)
    {
        var (facts, tellsSystem) = await AnswerAsync(session, table, version, name, ct);
        facts = facts with { Shape = await LogShape.AskAsync(session, facts.TableId, version, name, ct) };
        return tellsSystem ? facts with { System = await PostgresOrigin.SystemAsync(session, ct) } : facts;
    }

    private static async Task<(LogFacts Facts, bool TellsSystem)> AnswerAsync(PostgresSession session, PostgresTable table, int version, string name, CancellationToken ct)
    {
        await using var reader = await session.QueryAsync(Sql, [PostgresSession.Text(table.QuotedName), PostgresSession.Text(name)], CommandBehavior.Default, ct);
        await reader.ReadAsync(ct);
        var facts = new LogFacts
        {
            Version = version,
            Table = table,
            WalLevel = reader.GetString(0),
            IsStandby = reader.GetBoolean(1),
            MayReplicate = reader.GetBoolean(2),
            Kind = reader.GetString(3),
            Persistence = reader.GetString(4),
            Identity = reader.GetString(5),
            HasRowSecurity = reader.GetBoolean(6),
            Generated = reader.IsDBNull(7) ? null : reader.GetString(7),
            MaySelect = reader.GetBoolean(8),
            MayUseSchema = reader.GetBoolean(9),
            HasPublication = reader.GetBoolean(10),
            PublishesAll = reader.GetBoolean(11),
            PublishesTable = reader.GetBoolean(12),
            IsFiltered = reader.GetBoolean(13),
            Publication = reader.IsDBNull(14) ? 0 : reader.GetInt64(14),
            TableId = reader.GetInt64(15),
            Database = reader.GetInt64(16),
            HasSlot = reader.GetBoolean(17),
            IsOurSlot = reader.GetBoolean(18),
            WalStatus = reader.GetString(19),
            Confirmed = Lsn(20),
            HasRoomForSlot = reader.GetBoolean(21),
            End = Lsn(22) ?? 0,
            LagBytes = reader.IsDBNull(23) ? null : reader.GetInt64(23),
            Timeline = reader.GetString(24),
            Login = reader.GetString(26),
            Schema = reader.GetString(27),
            Name = reader.GetString(28),
        };
        return (facts, reader.GetBoolean(25));

        ulong? Lsn(int ordinal) => reader.IsDBNull(ordinal) ? null : (ulong)NpgsqlTypes.NpgsqlLogSequenceNumber.Parse(reader.GetString(ordinal));
    }
}
