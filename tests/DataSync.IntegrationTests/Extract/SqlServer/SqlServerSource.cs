using System.Text.Json;
using DataSync.Pipeline.Connectors;
using Microsoft.Data.SqlClient;
using Testcontainers.MsSql;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>
/// A real SQL Server in a container, with a database and a login that can only read. Skips visibly where there is no container engine, on a build server too.
/// </summary>
public sealed class SqlServerSource : IAsyncLifetime
{
    private const string Image = "mcr.microsoft.com/mssql/server:2022-latest";
    private static readonly Lazy<Task<(MsSqlContainer? Container, string Missing)>> Shared = new(StartAsync);
    private readonly string _password = $"Pw-{Guid.CreateVersion7():n}";
    private MsSqlContainer? _container;
    private string _missing = "";

    internal string Database { get; } = $"d{Guid.CreateVersion7():n}";

    internal string Login { get; } = $"r{Guid.CreateVersion7():n}";

    internal SourceConnection Connection => ConnectionAs(Login, _password);

    /// <summary>As the owner of everything.</summary>
    internal SourceConnection Owner => ConnectionAs(new SqlConnectionStringBuilder(_container!.GetConnectionString()).UserID, new SqlConnectionStringBuilder(_container!.GetConnectionString()).Password);

    public async ValueTask InitializeAsync()
    {
        (_container, _missing) = await Shared.Value;
        if (_container is null) return;
        await ExecuteAsync($"CREATE DATABASE {Database}; ALTER DATABASE {Database} SET ALLOW_SNAPSHOT_ISOLATION ON; CREATE LOGIN {Login} WITH PASSWORD = '{_password}', DEFAULT_DATABASE = {Database};", "master");
        await ExecuteAsync($"CREATE USER {Login} FOR LOGIN {Login}; ALTER ROLE db_datareader ADD MEMBER {Login};");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Skips the test where there is no server. To be called from a test's class: a fixture cannot skip.</summary>
    internal void SkipWithoutIt() => Assert.SkipWhen(_container is null, _missing);

    internal bool IsHere => _container is not null;

    /// <summary>Runs a batch as the owner.</summary>
    internal async Task<string> ExecuteAsync(string sql, string? database = null)
    {
        await using var connection = new SqlConnection(new SqlConnectionStringBuilder(_container!.GetConnectionString()) { InitialCatalog = database ?? Database, TrustServerCertificate = true }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new SqlCommand(sql, connection) { CommandTimeout = 120 };
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        do
        {
            while (await reader.ReadAsync()) lines.Add(string.Join('\t', Enumerable.Range(0, reader.FieldCount).Select(i => $"{reader.GetValue(i)}")));
        }
        while (await reader.NextResultAsync());

        return string.Join('\n', lines);
    }

    internal SourceConnection ConnectionAs(string username, string password) => new("sqlserver", JsonSerializer.SerializeToElement(new
    {
        driver = "sqlserver",
        host = _container!.Hostname,
        port = _container.GetMappedPublicPort(MsSqlBuilder.MsSqlPort),
        database = Database,
        username,
        password,
        tls = "require",
        tls_min_version = "1.2",
    }));

    private static async Task<(MsSqlContainer?, string)> StartAsync()
    {
        try
        {
            var container = new MsSqlBuilder(Image).Build();
            await container.StartAsync();
            return (container, "");
        }
        catch (Exception e)
        {
            return (null, $"No SQL Server here, for it runs in a container: {e.Message.Split('\n')[0]}");
        }
    }
}
