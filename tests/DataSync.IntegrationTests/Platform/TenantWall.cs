using Npgsql;

namespace DataSync.IntegrationTests.Platform;

/// <summary>
/// What the application role can do in one transaction, table by table: every operation × {no tenant, an empty one, the wrong one, the right one}. The right tenant is the positive control
/// that the refusals are not for another reason. Each attempt is undone. A change that names the rows it means needs the right to see them as well; so what changes and removes is tried without naming any, too.
/// </summary>
/// <param name="connection">A connection in a transaction; the application's own, or a superuser's that becomes the application for each attempt.</param>
/// <param name="become">What makes the session the application's, for a superuser's; null where it is already.</param>
/// <param name="rows">A row of tenant a of each table, as JSON.</param>
internal sealed class TenantWall(NpgsqlConnection connection, string? become, IReadOnlyDictionary<string, string> rows)
{
    /// <summary>What turns a superuser's session into the application's for the rest of the transaction, or until its savepoint.</summary>
    public const string AsApplication = "SET LOCAL ROLE datasync_app";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Every table whose rows belong to tenants, by the catalogue, so that a new one is there without anybody remembering it.</summary>
    public static async Task<List<string>> TablesAsync(NpgsqlDataSource superuser)
    {
        await using var command = superuser.CreateCommand("""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') ORDER BY 1
            """);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<string> tables = [];
        while (await reader.ReadAsync(Ct)) tables.Add(reader.GetString(0));
        return tables;
    }

    /// <summary>A row of tenant a of each table.</summary>
    public static async Task<Dictionary<string, string>> RowsAsync(NpgsqlDataSource superuser)
    {
        Dictionary<string, string> rows = new(StringComparer.Ordinal);
        foreach (var table in await TablesAsync(superuser))
        {
            await using var read = superuser.CreateCommand($"SELECT to_jsonb(t)::text FROM {table} t WHERE tenant_id = 'a' LIMIT 1");
            if (await read.ExecuteScalarAsync(Ct) is string row) rows[table] = row;
        }

        return rows;
    }

    /// <summary>Where the wall does not hold, or the proof proves nothing.</summary>
    public async Task<List<string>> HolesAsync(IEnumerable<string> tables)
    {
        List<string> holes = [];
        foreach (var table in tables)
        {
            foreach (var tenant in (string?[])[null, "", "b", "a"])
            {
                var seen = await TryAsync(tenant, $"SELECT 1 FROM {table} WHERE tenant_id = 'a'");
                var updated = await TryAsync(tenant, $"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = 'a'");
                var deleted = await TryAsync(tenant, $"DELETE FROM {table} WHERE tenant_id = 'a'");
                var moved = await TryAsync(tenant, $"UPDATE {table} SET tenant_id = 'c' WHERE tenant_id = 'a'");
                if (tenant == "a")
                {
                    if (seen < 1) holes.Add($"{table}: its own tenant does not see it, so the rest proves nothing");
                    if (moved > 0) holes.Add($"{table}: a row moved to another tenant");
                }
                else if (seen > 0 || updated > 0 || deleted > 0 || moved > 0)
                {
                    holes.Add($"{table} as {tenant ?? "nobody"}: {seen} seen, {updated} updated, {deleted} deleted, {moved} moved");
                }
            }

            // c has nothing of its own: whatever it takes or removes is another's
            foreach (var tenant in (string?[])[null, "", "c"])
            {
                var taken = await TryAsync(tenant, $"UPDATE {table} SET tenant_id = 'c'");
                var deleted = await TryAsync(tenant, $"DELETE FROM {table}");
                if (taken > 0 || deleted > 0) holes.Add($"{table} as {(tenant is null ? "nobody" : $"'{tenant}'")}, of rows it does not see: {taken} taken, {deleted} deleted");
            }

            if (await MayAsync($"has_column_privilege(current_user, '{table}', 'tenant_id', 'UPDATE')") && await TryAsync("a", $"UPDATE {table} SET tenant_id = 'a'") < 1) holes.Add($"{table}: its own tenant cannot update, so the rest proves nothing");
            if (await MayAsync($"has_table_privilege(current_user, '{table}', 'DELETE') AND NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = '{table}' AND permissive = 'RESTRICTIVE')") && await TryAsync("a", $"DELETE FROM {table}") < 1) holes.Add($"{table}: its own tenant cannot delete, so the rest proves nothing");

            foreach (var tenant in (string?[])[null, "", "b"])
            {
                if (await InsertForAsync("c", tenant, table) != PostgresErrorCodes.InsufficientPrivilege) holes.Add($"{table} as {tenant ?? "nobody"}: a row for another tenant was let in");
            }

            // The control: past the wall, where the application may insert at all. What else forbids a copy (its parent is missing, no job is born so) comes behind the wall.
            if (await MayAsync($"has_table_privilege(current_user, '{table}', 'INSERT')") && await InsertForAsync("c", "c", table) is PostgresErrorCodes.InsufficientPrivilege) holes.Add($"{table}: its own tenant cannot insert, so the rest proves nothing");
        }

        return holes;
    }

    private async Task<bool> MayAsync(string right) => await TryAsync(null, $"SELECT 1 WHERE {right}") > 0;

    /// <summary>Rows the statement touched; 0 where the wall refused it.</summary>
    private async Task<long> TryAsync(string? tenant, string sql)
    {
        var count = 0L;
        var refused = await AttemptAsync(tenant, async () =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            if (!sql.StartsWith("SELECT", StringComparison.Ordinal))
            {
                count = await command.ExecuteNonQueryAsync(Ct);
                return;
            }

            await using var reader = await command.ExecuteReaderAsync(Ct);
            while (await reader.ReadAsync(Ct)) count++;
        });
        return refused switch
        {
            null => count,
            PostgresErrorCodes.InsufficientPrivilege => 0,
            _ => 1, // what else forbids it comes behind the wall
        };
    }

    /// <summary>Inserts a copy of tenant a's row as <paramref name="owner"/>'s, acting as <paramref name="tenant"/>; the SQLSTATE of what forbade it, null if nothing did.</summary>
    private Task<string?> InsertForAsync(string owner, string? tenant, string table) => AttemptAsync(tenant, async () =>
    {
        await using var insert = new NpgsqlCommand($"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::jsonb || jsonb_build_object('tenant_id', $2::text))", connection)
        {
            Parameters = { new() { Value = rows[table] }, new() { Value = owner } },
        };
        await insert.ExecuteNonQueryAsync(Ct);
    });

    private async Task<string?> AttemptAsync(string? tenant, Func<Task> act)
    {
        await ExecuteAsync($"SAVEPOINT attempt; {become ?? "SELECT 1"}" + (tenant is null ? "" : $"; SELECT set_config('app.tenant_id', '{tenant}', true)"));
        try
        {
            await act();
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
        finally
        {
            await ExecuteAsync("ROLLBACK TO attempt; RELEASE attempt");
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
