using Npgsql;

namespace DataSync.LocalPostgres;

/// <summary>Waits until a server that was just started takes connections.</summary>
static class ServerProbe
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>The server's version, as soon as it answers.</summary>
    public static async Task<Version> VersionAsync(string connectionString, CancellationToken ct)
    {
        for (var start = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
                await connection.OpenAsync(ct);
                return connection.PostgreSqlVersion;
            }
            catch (NpgsqlException e) when (IsStarting(e) && TimeProvider.System.GetElapsedTime(start) < Limit)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
            }
        }
    }

    // A refused password or an unknown database will not mend itself; a refused connection may.
    static bool IsStarting(NpgsqlException e) => e is not PostgresException || e is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow };
}
