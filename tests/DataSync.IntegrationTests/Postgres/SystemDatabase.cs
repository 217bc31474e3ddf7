using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.IntegrationTests.Postgres;

/// <summary>A database of ours, migrated, with its three roles; made once for a test class and dropped after it.</summary>
public sealed class SystemDatabase : IAsyncLifetime
{
    private string _admin = "";

    internal DatabaseOptions Options { get; private set; } = new();

    /// <summary>A superuser's connection, for looking behind the walls.</summary>
    internal NpgsqlDataSource Superuser { get; private set; } = null!;

    internal DataSources Sources { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        _admin = await MigratedTemplate.CopyAsync("datasync_test", ct);
        Superuser = NpgsqlDataSource.Create(_admin);
        Options = await PostgresServer.PrepareRolesAsync(_admin, ct);
        Sources = new DataSources(Options);
    }

    public async ValueTask DisposeAsync()
    {
        if (Sources is not null) await Sources.DisposeAsync();
        if (Superuser is not null) await Superuser.DisposeAsync();
        if (_admin.Length > 0) await PostgresServer.DropDatabaseAsync(_admin, CancellationToken.None);
    }
}
