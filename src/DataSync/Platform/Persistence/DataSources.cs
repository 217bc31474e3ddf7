using System.Data.Common;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>The connection pools: the application's, the small one of the system role, and a very small one for telling what is wrong.</summary>
internal sealed class DataSources : IAsyncDisposable
{
    /// <summary>Name of the application's pool, in the server's list of sessions and in metrics.</summary>
    public const string AppName = "datasync";

    /// <summary>Connections of the application's pool, where its string does not say.</summary>
    public const int AppPool = 50;

    /// <summary>Connections that are kept apart, whatever a string says: one to tell what is wrong, and some to send it.</summary>
    private const int ApartPool = 3;

    /// <summary>Bytes a connection asks the socket for at once, where its string does not say.</summary>
    private const int ReadBuffer = 64 * 1024;

    private const string SystemName = "datasync-system", ApartName = "datasync-apart";

    public DataSources(DatabaseOptions options)
    {
        App = Create(Builder(options.Connection, AppName, AppPool), AppName);
        System = Create(Builder(options.SystemConnection, SystemName, 8), SystemName);
        Apart = Create(new NpgsqlConnectionStringBuilder(Builder(options.Connection, ApartName, ApartPool)) { MinPoolSize = 0, MaxPoolSize = ApartPool }.ConnectionString, ApartName);
    }

    /// <summary>Role <c>datasync_app</c>. Only <see cref="Tenancy.TenantDatabase"/> and what needs no tenant use it.</summary>
    public NpgsqlDataSource App { get; }

    /// <summary>Role <c>datasync_app</c> once more, with connections that nothing else takes: they are there while <see cref="App"/> is exhausted. None is open while there is nothing to tell.</summary>
    public NpgsqlDataSource Apart { get; }

    /// <summary>Role <c>datasync_system</c>: sweeps across tenants.</summary>
    public NpgsqlDataSource System { get; }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Apart.DisposeAsync();
        await System.DisposeAsync();
    }

    /// <summary>Without a name of its own, a pool is called by its connection string in metrics.</summary>
    private static NpgsqlDataSource Create(string connectionString, string name) => new NpgsqlDataSourceBuilder(connectionString) { Name = name }.Build();

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

        // records come and go by megabytes: at 8 KiB a piece, asking the socket for them is most of the work of having them
        if (!written.ContainsKey("Read Buffer Size")) given.ReadBufferSize = ReadBuffer;
        if (!written.ContainsKey("Keepalive")) given.KeepAlive = 30;
        given.IncludeErrorDetail = false;
        return given.ConnectionString;
    }
}
