using System.Globalization;
using System.Text;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>
/// Change logs in PostgreSQL. One function, with the rights of who made it and a search path that nobody can bend, is called for each row and for TRUNCATE. The triggers' names sort before others, so that what another
/// trigger changes in the same row comes behind what called it; and they fire whatever <c>session_replication_role</c> says.
/// </summary>
/// <param name="isNumbered">Parameters are written <c>$1</c>; else <c>?</c>.</param>
internal sealed class PostgresChangeLog(bool isNumbered) : ChangeLogDialect
{
    private const int LongestName = 63;
    private const string RowTrigger = "00_datasync_changes", TruncateTrigger = "00_datasync_truncate";

    public override bool RecordsTruncation => true;

    public override string Quote(string name) => SqlName.Quote(name);

    public override UndecidedPositions Undecided() => new PostgresUndecided(isNumbered);

    public override async Task<FollowedTable> FindAsync(AskServer ask, string name, CancellationToken ct)
    {
        var parts = SqlName.Parse(name) ?? throw Undefined();
        var asked = parts.Schema is null ? Quote(parts.Table) : $"{Quote(parts.Schema)}.{Quote(parts.Table)}";
        var found = await ask(
            $"""
            SELECT n.nspname::text, c.relname::text, (c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid))::text, pg_catalog.pg_is_in_recovery()::text
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass({Value(1)}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            """,
            [asked], ct);
        if (found is not [[{ } schema, { } own, { } isTable, { } isStandby]]) throw Undefined();
        var log = ChangeLogNames.Of(own, "changes", LongestName, Encoding.UTF8.GetByteCount);
        var (quoted, quotedLog) = ($"{Quote(schema)}.{Quote(own)}", $"{Quote(schema)}.{Quote(log)}");
        var logged = await ColumnsAsync(ask, quotedLog, ct);
        var columns = await ColumnsAsync(ask, quoted, ct);
        var key = await ask(
            $"""
            SELECT a.attname::text FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, place)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = pg_catalog.to_regclass({Value(1)}) AND i.indisprimary AND i.indisvalid AND k.place <= i.indnkeyatts ORDER BY k.place
            """,
            [quoted], ct);
        var table = new FollowedTable
        {
            Table = own,
            Schema = schema,
            Quoted = quoted,
            QuotedLog = quotedLog,
            LogName = quotedLog,
            Columns = [.. columns.Select(c => c.Column)],
            Key = [.. key.Select(k => k[0]!)],
            HasLog = logged.Count > 0,
            LogColumns = [.. logged.Select(c => c.Column).Where(c => !ChangeLogNames.IsOurs(c.Name))],
        };
        var unfit = ChangeLogFitness.Of(table, isTable == "true")
            ?? (isStandby == "true" ? TrackingReason.Of("tracking.change_log.replica") : null)
            ?? (columns.FirstOrDefault(c => c.IsVirtual) is { Column: { } computed } ? TrackingReason.Of("tracking.change_log.generated", ("column", computed.Name)) : null);
        return table with { Unfit = unfit, HasTriggers = await HasTriggersAsync(ask, table, ct) };
    }

    public override IEnumerable<string> Setup(FollowedTable table, string? login)
    {
        var keys = string.Concat(table.Key.Select((k, i) => $"{Quote(k)} AS {Quote(ChangeLogNames.OldKey(i))}, "));
        var position = Quote(ChangeLogNames.Position);

        // the columns' types are the table's own, without anything the table demands of its values
        yield return $"CREATE TABLE {table.QuotedLog} AS SELECT 0::bigint AS {position}, ''::text AS {Quote(ChangeLogNames.Operation)}, pg_catalog.now() AS {Quote(ChangeLogNames.At)}, "
            + $"{keys}{List(table.Columns.Select(c => c.Name))} FROM {table.Quoted} WITH NO DATA";
        yield return $"ALTER TABLE {table.QuotedLog} ALTER {position} SET NOT NULL, ALTER {position} ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME {Sequence(table)} CACHE 1), ADD PRIMARY KEY ({position}), "
            + $"ALTER {Quote(ChangeLogNames.Operation)} SET NOT NULL, ALTER {Quote(ChangeLogNames.At)} SET DEFAULT pg_catalog.clock_timestamp(), ALTER {Quote(ChangeLogNames.At)} SET NOT NULL";
        yield return Mark(table, ChangeLogNames.Start);
        yield return Mark(table, ChangeLogNames.Second);
        var body = Body(table);
        var mark = "$datasync$";
        while (body.Contains(mark, StringComparison.Ordinal)) mark = mark[..^1] + "_$";
        yield return $"CREATE FUNCTION {table.QuotedLog}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {mark}{body}{mark}";
        yield return $"CREATE TRIGGER {Quote(RowTrigger)} AFTER INSERT OR UPDATE OR DELETE ON {table.Quoted} FOR EACH ROW EXECUTE FUNCTION {table.QuotedLog}()";
        yield return $"CREATE TRIGGER {Quote(TruncateTrigger)} AFTER TRUNCATE ON {table.Quoted} FOR EACH STATEMENT EXECUTE FUNCTION {table.QuotedLog}()";
        yield return $"ALTER TABLE {table.Quoted} ENABLE ALWAYS TRIGGER {Quote(RowTrigger)}, ENABLE ALWAYS TRIGGER {Quote(TruncateTrigger)}";
        yield return $"GRANT SELECT ON {table.QuotedLog} TO {login}";
        yield return $"GRANT SELECT ON SEQUENCE {Sequence(table)} TO {login}";
    }

    public override IEnumerable<string> Undo(FollowedTable table) =>
    [
        $"DROP TRIGGER IF EXISTS {Quote(RowTrigger)} ON {table.Quoted}", $"DROP TRIGGER IF EXISTS {Quote(TruncateTrigger)} ON {table.Quoted}",
        $"DROP FUNCTION IF EXISTS {table.QuotedLog}()", $"DROP TABLE IF EXISTS {table.QuotedLog}",
    ];

    public override async Task<string?> LoginAsync(AskServer ask, CancellationToken ct) => (await ask("SELECT pg_catalog.quote_ident(current_user)", [], ct))[0][0];

    /// <summary>A sequence may be read by whom its setup lets; older ones let nobody.</summary>
    public override async Task<long?> GivenOutAsync(AskServer ask, FollowedTable table, CancellationToken ct)
    {
        var given = await ask(
            $"""
            SELECT pg_catalog.pg_sequence_last_value(s.id)::text FROM (SELECT pg_catalog.to_regclass(pg_catalog.pg_get_serial_sequence({Value(1)}, '{ChangeLogNames.Position}')) AS id) s
            WHERE pg_catalog.has_sequence_privilege(s.id, 'SELECT')
            """,
            [table.QuotedLog], ct);
        return given is [[{ } text]] ? long.Parse(text, CultureInfo.InvariantCulture) : null;
    }

    public override async Task<IReadOnlyList<string>> AddedSinceAsync(AskServer ask, FollowedTable table, string? login, CancellationToken ct)
    {
        var closed = await ask(
            $"""
            SELECT s.name FROM (SELECT pg_catalog.pg_get_serial_sequence({Value(1)}, '{ChangeLogNames.Position}') AS name) s
            WHERE NOT pg_catalog.has_sequence_privilege(pg_catalog.to_regclass(s.name), 'SELECT')
            """,
            [table.QuotedLog], ct);
        return [.. closed.Select(c => $"GRANT SELECT ON SEQUENCE {c[0]} TO {login}")];
    }

    private string Body(FollowedTable table) =>
        $"""

        BEGIN
            IF TG_OP = 'INSERT' THEN
                {Record(table, ChangeLogNames.Insert, "NEW")};
            ELSIF TG_OP = 'UPDATE' THEN
                {Record(table, ChangeLogNames.Update, "NEW")};
            ELSIF TG_OP = 'DELETE' THEN
                {Record(table, ChangeLogNames.Delete, "OLD")};
            ELSE
                INSERT INTO {table.QuotedLog} ({Quote(ChangeLogNames.Operation)}) VALUES ('{ChangeLogNames.Truncate}');
            END IF;
            RETURN NULL;
        END

        """;

    private async Task<bool> HasTriggersAsync(AskServer ask, FollowedTable table, CancellationToken ct)
    {
        var rows = await ask(
            $"""
            SELECT t.tgname::text, t.tgtype::text, p.prosrc FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = pg_catalog.to_regclass({Value(1)}) AND t.tgenabled IN ('A', 'O') AND NOT t.tgisinternal
            """,
            [table.Quoted], ct);
        var body = Body(table);
        return rows.Exists(r => r[0] == RowTrigger && r[1] == "29" && r[2] == body) && rows.Exists(r => r[0] == TruncateTrigger && r[1] == "32" && r[2] == body);
    }

    /// <summary>The columns of a relation that the login may read; none where there is no such thing.</summary>
    private async Task<List<(LoggedColumn Column, bool IsVirtual)>> ColumnsAsync(AskServer ask, string quoted, CancellationToken ct)
    {
        var rows = await ask(
            $"""
            SELECT a.attname::text, a.atttypid::text || ' ' || a.atttypmod::text || ' ' || a.attcollation::text, (a.attgenerated = 'v')::text FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = pg_catalog.to_regclass({Value(1)}) AND a.attnum > 0 AND NOT a.attisdropped AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') ORDER BY a.attnum
            """,
            [quoted], ct);
        return [.. rows.Select(r => (new LoggedColumn(r[0]!, r[1]!), r[2] == "true"))];
    }

    private string Sequence(FollowedTable table) => $"{Quote(table.Schema!)}.{Quote(ChangeLogNames.Of(table.Table, "positions", LongestName, Encoding.UTF8.GetByteCount))}";

    private string Value(int number) => isNumbered ? string.Create(CultureInfo.InvariantCulture, $"${number}") : "CAST(? AS text)";

    private static SyncFailureException Undefined() => new(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", "42P01")));
}
