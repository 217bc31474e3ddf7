using System.Text;
using DataSync.IntegrationTests.Sources;

namespace DataSync.IntegrationTests.Host.Regions;

/// <summary>Looks for a tenant in a region's database, files and log, as one who may see everything.</summary>
internal static class Traces
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>How many rows of the tenant each table with a column <c>tenant_id</c> has, by the catalogue; those with none are not named.</summary>
    public static async Task<SortedDictionary<string, long>> RowsAsync(RunningSystem system, string tenant)
    {
        List<string> tables = [];
        await using (var list = system.Database.Superuser.CreateCommand(
            """
            SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
            """))
        await using (var rows = await list.ExecuteReaderAsync(Ct))
        {
            while (await rows.ReadAsync(Ct)) tables.Add(rows.GetString(0));
        }

        Assert.True(tables.Count > 30, "The catalogue shows few tables.");
        SortedDictionary<string, long> found = new(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            await using var count = system.Database.Superuser.CreateCommand($"SELECT count(*) FROM {table} WHERE tenant_id = $1");
            count.Parameters.AddWithValue(tenant);
            if ((long)(await count.ExecuteScalarAsync(Ct))! is > 0 and var rows) found[table] = rows;
        }

        return found;
    }

    /// <summary>Whether a text stands anywhere in any table of the database, Hangfire's too.</summary>
    public static async Task<bool> StandsInDatabaseAsync(RunningSystem system, string text) => (await TableDump.ReadAsync(system.Database, Ct)).Contains(text, StringComparison.Ordinal);

    /// <summary>The files below a folder in whose name or bytes a text stands. What has no length is a pipe or empty.</summary>
    public static async Task<List<string>> FilesAsync(string folder, string text)
    {
        List<string> found = [];
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (path.Contains(text, StringComparison.Ordinal) || (new FileInfo(path).Length > 0 && (await File.ReadAllBytesAsync(path, Ct)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0)) found.Add(path);
        }

        return found;
    }

    /// <summary>Whether a text stands in what the region's processes logged.</summary>
    public static bool StandsInLog(RunningSystem system, string text) => system.Processes.Any(p => p.Log.Contains(text, StringComparison.Ordinal));
}
