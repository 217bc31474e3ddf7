using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>
/// Refuses to start on a connection under which row-level security would be a decoration: a role that owns tables or can bypass it,
/// or a pool that hands a session's settings on to the next user. All faults come at once.
/// </summary>
internal static class DatabaseGuard
{
    /// <summary>What is wrong with the text of a connection string, without connecting.</summary>
    public static IEnumerable<Fault> CheckConnectionString(string setting, string connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            yield return new Fault(setting, "errors.settings.missing", ("setting", setting));
            yield break;
        }

        var builder = TryParse(connectionString);
        if (builder is null)
        {
            yield return new Fault(setting, "errors.settings.connection_string", ("setting", setting));
            yield break;
        }

        if (builder.NoResetOnClose) yield return new Fault(setting, "errors.settings.unsafe_pooling", ("setting", setting), ("option", "No Reset On Close"));
        if (builder.Multiplexing) yield return new Fault(setting, "errors.settings.unsafe_pooling", ("setting", setting), ("option", "Multiplexing"));
    }

    /// <summary>What is wrong with the role behind a connection.</summary>
    public static async Task<IReadOnlyList<Fault>> CheckRoleAsync(string setting, NpgsqlDataSource source, CancellationToken ct)
    {
        const string Sql = """
            SELECT rolname,
                   EXISTS (SELECT 1 FROM pg_roles m WHERE (m.rolsuper OR m.rolbypassrls) AND pg_has_role(r.oid, m.oid, 'MEMBER')),
                   EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
                             AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
            FROM pg_roles r WHERE rolname = current_user
            """;
        await using var command = source.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var (role, bypasses, owns) = (reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2));
        List<Fault> faults = [];
        if (bypasses) faults.Add(new Fault(setting, "errors.settings.role_bypasses_rls", ("setting", setting), ("role", role)));
        else if (owns) faults.Add(new Fault(setting, "errors.settings.role_owns_tables", ("setting", setting), ("role", role)));
        return faults;
    }

    private static NpgsqlConnectionStringBuilder? TryParse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            return null; // the text holds a password: not even the parser's complaint is passed on
        }
    }
}
