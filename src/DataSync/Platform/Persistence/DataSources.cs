using System.Data.Common;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>The connection pools: the application's, and the small one of the system role.</summary>
internal sealed class DataSources : IAsyncDisposable
{
    public DataSources(DatabaseOptions options)
    {
        App = NpgsqlDataSource.Create(Builder(options.Connection, "datasync", 50));
        System = NpgsqlDataSource.Create(Builder(options.SystemConnection, "datasync-system", 6));
    }

    /// <summary>Role <c>datasync_app</c>. Only <see cref="Tenancy.TenantDatabase"/> and what needs no tenant use it.</summary>
    public NpgsqlDataSource App { get; }

    /// <summary>Role <c>datasync_system</c>: sweeps across tenants.</summary>
    public NpgsqlDataSource System { get; }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await System.DisposeAsync();
    }

    /// <summary>Adds what every connection of ours needs and a given string does not say: prepared statements, keep-alive, a name.</summary>
    public static string Builder(string connectionString, string name, int pool)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);

        // Npgsql's own builder says it contains every key it knows; the plain one says what was written.
        var written = new DbConnectionStringBuilder { ConnectionString = given.ConnectionString };
        if (!written.ContainsKey("Application Name")) given.ApplicationName = name;
        if (!written.ContainsKey("Maximum Pool Size")) given.MaxPoolSize = pool;
        if (!written.ContainsKey("Max Auto Prepare"))
        {
            given.MaxAutoPrepare = 100;
            given.AutoPrepareMinUsages = 2;
        }

        if (!written.ContainsKey("Keepalive")) given.KeepAlive = 30;
        given.IncludeErrorDetail = false;
        return given.ConnectionString;
    }
}
