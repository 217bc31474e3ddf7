using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// What a login could change, by the server's own list of its grants: its own, those of its roles, and of everybody. A read-only transaction stops
/// statements, not every function, so the login's privileges are the boundary that counts. What is not known to only read is a finding.
/// </summary>
internal static class GrantProbe
{
    /// <summary>Enough to see what is wrong; a login that may write everywhere is not listed table by table.</summary>
    private const int MostFindings = 10;

    private const int MostGrants = 10_000;

    /// <summary>Each thing the login could write or do beyond reading. Replication stands apart: it follows changes and makes none.</summary>
    public static async Task<AccessReport> AskAsync(MySqlSession session, CancellationToken ct)
    {
        var grants = await ReadAsync(session, ct);
        var writing = grants.SelectMany(g => g.Writing()).Distinct(StringComparer.Ordinal).ToList();
        var replication = grants.Any(g => g.Privileges.Any(Grant.IsReplication));
        if (writing.Count > MostFindings) writing = [.. writing.Take(MostFindings), "…"];
        return new AccessReport(writing, replication);
    }

    private static async Task<List<Grant>> ReadAsync(MySqlSession session, CancellationToken ct)
    {
        var grants = new List<Grant>();
        await AddAsync("SHOW GRANTS");

        // MariaDB lists what its roles in effect may do, and shows nobody the others; a SELECT puts none into effect. MySQL has to be asked.
        var roles = grants.SelectMany(g => g.Roles).Distinct(StringComparer.Ordinal).ToList();
        if (!session.IsMariaDb && roles.Count > 0) await AddAsync($"SHOW GRANTS FOR CURRENT_USER() USING {string.Join(", ", roles)}");
        return grants;

        Task AddAsync(string sql) => session.QueryAsync(sql, [], row => grants.Add(Grant.Parse(row.GetString(0))), ct, MostGrants);
    }
}
