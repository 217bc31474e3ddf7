using DataSync.Faults.Running;

namespace DataSync.Faults.Books;

/// <summary>What no run may leave behind, whatever was done to it: in the two databases, on the export volume, in the temporary folder.</summary>
internal static class ResidueAudit
{
    /// <summary>What ends by itself has this long: a connection that was cut is noticed by its server, a transaction that just began ends.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    private static readonly (string Kind, string Sql)[] InSystem =
    [
        ("lease left", "SELECT id FROM sync_jobs WHERE lease_until IS NOT NULL OR lease_pid IS NOT NULL OR writer_pid IS NOT NULL"),
        ("queue miscounted", "SELECT tenant_id || ' ' || queued FROM tenant_queues WHERE queued <> 0"),
        ("replication slot left", "SELECT slot_name FROM pg_replication_slots"),
        ("prepared transaction left", "SELECT gid FROM pg_prepared_xacts"),
        ("transaction left open", "SELECT application_name || ' ' || state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < now() - interval '2 seconds' AND backend_type = 'client backend'"),
        ("advisory lock left", "SELECT l.pid || ' ' || l.objid FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND a.datname = current_database() AND coalesce(a.xact_start, a.state_change) < now() - interval '2 seconds'"),
    ];

    private static readonly (string Kind, string Sql)[] InSource =
    [
        ("source: query left", "SELECT state || ' ' || left(query, 60) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"),
        ("source: replication slot left", "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"),
    ];

    public static async Task<List<Difference>> FindAsync(FaultSystem system, IReadOnlyDictionary<Guid, IReadOnlySet<string>> exports, CancellationToken ct)
    {
        List<Difference> found = [];
        foreach (var (kind, sql) in InSystem) found.AddRange(await SettledAsync(kind, () => system.Database.ReadAsync(sql, ct), ct));
        foreach (var (kind, sql) in InSource) found.AddRange(await SettledAsync(kind, () => Query.ReadAsync(system.Options.Source, sql, ct), ct));
        found.AddRange(Files(system.TempFolder).Select(path => new Difference("temporary file left", path)));
        found.AddRange(Files(system.Volume.Root).Where(path => !IsExport(path, exports)).Select(path => new Difference("file left", path)));
        return found;
    }

    private static async Task<IEnumerable<Difference>> SettledAsync(string kind, Func<Task<List<string>>> read, CancellationToken ct)
    {
        List<string> left = [];
        await Patience.WaitAsync(async () => (left = await read()).Count == 0, Grace, ct);
        return left.Select(detail => new Difference(kind, detail));
    }

    private static IEnumerable<string> Files(string folder)
        => Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Select(path => Path.GetRelativePath(folder, path));

    /// <summary>A file that the export of an acknowledged job names; that it is whole is told by comparing it.</summary>
    private static bool IsExport(string path, IReadOnlyDictionary<Guid, IReadOnlySet<string>> exports)
        => path.Split(Path.DirectorySeparatorChar) is [FaultSystem.Tenant, var folder, var name] && Guid.TryParse(folder, out var job) && exports.TryGetValue(job, out var names) && names.Contains(name);
}
