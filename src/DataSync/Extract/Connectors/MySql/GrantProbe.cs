using DataSync.Pipeline.Connectors;
using MySqlConnector;

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

    /// <summary>Columns of <c>mysql.db</c>, without <c>_priv</c>, that stand for more than reading.</summary>
    private static readonly string[] Columns =
    [
        "Insert", "Update", "Delete", "Create", "Drop", "References", "Index", "Alter", "Create_tmp_table", "Lock_tables", "Create_view", "Create_routine", "Alter_routine", "Execute", "Event", "Trigger",
    ];

    /// <summary>Asks a session of the native driver.</summary>
    public static async Task<AccessReport> AskAsync(MySqlSession session, CancellationToken ct)
    {
        var lines = new List<string>();
        foreach (var question in Questions(lines, session.IsMariaDb)) await session.QueryAsync(question, [], row => lines.Add(row.GetString(0)), ct, MostGrants);
        return Judge(lines, await SeesEverybodyAsync(session, lines, ct));
    }

    /// <summary>
    /// What to ask, whatever driver asks. The answer to one question is in <paramref name="lines"/> before the next is taken.
    /// </summary>
    public static IEnumerable<string> Questions(IReadOnlyList<string> lines, bool isMariaDb)
    {
        yield return "SHOW GRANTS";

        // MariaDB lists what its roles in effect may do, and shows nobody the others; a SELECT puts none into effect. MySQL has to be asked.
        var roles = lines.SelectMany(l => Grant.Parse(l).Roles).Distinct(StringComparer.Ordinal).ToList();
        if (!isMariaDb && roles.Count > 0) yield return $"SHOW GRANTS FOR CURRENT_USER() USING {string.Join(", ", roles)}";
    }

    /// <summary>
    /// Asks what <c>mysql.db</c> gives to an empty user: everybody has it, and nobody's list of grants shows it. The answer's lines are as those of <c>SHOW GRANTS</c>. Null where the login may not read that table;
    /// asking all the same would be a denied access in the server's books with each sync.
    /// </summary>
    public static string? OfEverybody(IEnumerable<string> lines, bool isMariaDb)
    {
        var mayAsk = lines.Select(Grant.Parse).Any(g => g.On is "*.*" or "mysql.*" or "mysql.db" && g.Privileges.Any(p => p is "SELECT" or "ALL PRIVILEGES"));
        if (!mayAsk) return null;
        string[] columns = isMariaDb ? [.. Columns, "Delete_history"] : Columns;
        var privileges = string.Join(", ", columns.Select(c => $"IF({c}_priv = 'Y', '{c.Replace('_', ' ').ToUpperInvariant()}', NULL)"));
        return $"SELECT CONCAT('GRANT ', CONCAT_WS(', ', 'USAGE', {privileges}), ' ON ', Db, '.* of ', QUOTE(User), '@', QUOTE(Host), ' TO everybody', IF(Grant_priv = 'Y', ' WITH GRANT OPTION', '')) FROM mysql.db WHERE User = ''";
    }

    /// <summary>True for the server's number of an error that says that <c>mysql.db</c> may not be read after all, or is not there as it should be.</summary>
    public static bool IsDenied(int number) => number is 1044 or 1054 or 1142 or 1143 or 1146;

    /// <summary>Each thing the login could write or do beyond reading. Replication stands apart: it follows changes and makes none. Every login has a line; none at all tells nothing.</summary>
    /// <param name="lines">The grants.</param>
    /// <param name="seesEverybody">What everybody may do is among them (<see cref="OfEverybody"/>).</param>
    public static AccessReport Judge(IEnumerable<string> lines, bool seesEverybody)
    {
        var grants = lines.DefaultIfEmpty("").Select(Grant.Parse).ToList();
        var writing = grants.SelectMany(g => g.Writing()).Distinct(StringComparer.Ordinal).ToList();
        var replication = grants.Any(g => g.Privileges.Any(Grant.IsReplication));
        if (writing.Count > MostFindings) writing = [.. writing.Take(MostFindings), "…"];
        return new AccessReport(writing, replication) { Unverified = seesEverybody ? null : "mysql.db" };
    }

    private static async Task<bool> SeesEverybodyAsync(MySqlSession session, List<string> lines, CancellationToken ct)
    {
        if (OfEverybody(lines, session.IsMariaDb) is not { } question) return false;
        try
        {
            await session.QueryAsync(question, [], row => lines.Add(row.GetString(0)), ct, MostGrants);
            return true;
        }
        catch (MySqlException e) when (IsDenied((int)e.ErrorCode))
        {
            return false;
        }
    }
}
