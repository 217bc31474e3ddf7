namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// One line of <c>SHOW GRANTS</c>, read strictly: a line that is not understood counts as one that writes. What stands behind the object
/// (the login, the hash of its password) is never shown.
/// </summary>
/// <param name="Privileges">Upper case, without the columns they are limited to.</param>
/// <param name="On">The object, without its quotes.</param>
/// <param name="Roles">The roles this line gives instead of privileges, quoted as the server writes them.</param>
internal sealed record Grant(IReadOnlyList<string> Privileges, string On, IReadOnlyList<string> Roles)
{
    private static readonly HashSet<string> Reading = new(StringComparer.Ordinal)
    {
        "USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS", "SHOW_ROUTINE", "SHOW CREATE ROUTINE",
        "REPLICATION CLIENT", "BINLOG MONITOR", "SLAVE MONITOR", "REPLICA MONITOR",
    };

    private static readonly HashSet<string> ReplicationNames = new(StringComparer.Ordinal) { "REPLICATION SLAVE", "REPLICATION REPLICA" };

    private bool CanPassOn { get; init; }

    public static bool IsReplication(string privilege) => ReplicationNames.Contains(privilege);

    /// <summary>What could write, as <c>INSERT on shop.orders</c>.</summary>
    public IEnumerable<string> Writing()
    {
        foreach (var privilege in Privileges)
        {
            if (!Reading.Contains(privilege) && !IsReplication(privilege)) yield return $"{privilege} on {On}";
        }

        if (CanPassOn) yield return Roles.Count > 0 ? $"ADMIN OPTION on {string.Join(", ", Roles)}" : $"GRANT OPTION on {On}";
    }

    public static Grant Parse(string line)
    {
        // what is taken back from a wider grant only narrows it, and a role in effect has lines of its own
        if (line.StartsWith("REVOKE ", StringComparison.Ordinal) || line.StartsWith("SET DEFAULT ROLE ", StringComparison.Ordinal)) return new Grant([], "", []);
        if (!line.StartsWith("GRANT ", StringComparison.Ordinal)) return new Grant(["UNKNOWN GRANT"], "?", []);
        var rest = line["GRANT ".Length..];
        var on = Find(rest, " ON ");
        var to = Find(rest, " TO ");
        if (to < 0) return new Grant(["UNKNOWN GRANT"], "?", []);
        if (on < 0 || on > to) return new Grant([], "", Parts(rest[..to])) { CanPassOn = Find(rest, " WITH ADMIN OPTION") >= 0 };
        var target = rest[(on + " ON ".Length)..to].Replace("`", "", StringComparison.Ordinal);
        return new Grant([.. Parts(rest[..on]).Select(Name)], target, []) { CanPassOn = Find(rest, " WITH GRANT OPTION") >= 0 };
    }

    private static string Name(string privilege)
    {
        var columns = privilege.IndexOf('(', StringComparison.Ordinal);
        return (columns < 0 ? privilege : privilege[..columns]).Trim().ToUpperInvariant();
    }

    private static List<string> Parts(string list)
    {
        var parts = new List<string>();
        var begin = 0;
        for (var comma = Find(list, ","); comma >= 0; comma = Find(list, ",", begin))
        {
            parts.Add(list[begin..comma].Trim());
            begin = comma + 1;
        }

        parts.Add(list[begin..].Trim());
        return parts;
    }

    /// <summary>Where a text stands outside quotes and parentheses; -1 where it does not.</summary>
    private static int Find(string line, string text, int from = 0)
    {
        var depth = 0;
        char? quote = null;
        for (var i = from; i < line.Length; i++)
        {
            var c = line[i];
            if (quote is not null)
            {
                if (c == quote) quote = null;
                continue;
            }

            if (depth == 0 && string.CompareOrdinal(line, i, text, 0, text.Length) == 0) return i;
            if (c is '`' or '\'' or '"') quote = c;
            else if (c == '(') depth++;
            else if (c == ')') depth--;
        }

        return -1;
    }
}
