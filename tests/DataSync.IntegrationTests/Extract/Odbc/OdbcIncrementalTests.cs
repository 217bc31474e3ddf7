using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.Pipeline.Connectors;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Odbc;

public sealed class OdbcPostgresIncrementalTests : IncrementalContract, IAsyncLifetime
{
    private PostgresSource _source = null!;
    private SourceConnection? _connection;

    internal override IConnector Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection ??= OdbcSource.Of(_source);

    public async ValueTask InitializeAsync() => _source = await PostgresSource.CreateAsync(Ct);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    protected override int Cases => 24;

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version bigint, name text)");

    protected override Task ExecuteAsync(string sql) => _source.ExecuteAsync(sql, Ct);

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"}""")]
    [InlineData("""{"query":"SELECT id, version FROM changes WHERE id < @most -- all","parameters":{"most":100},"change_tracking":"none","cursor_field":"version"}""")]
    public async Task Incremental_a_row_that_commits_late_is_neither_missed_nor_repeated(string parameters)
    {
        await MakeTableAsync();
        await ExecuteAsync("INSERT INTO changes VALUES (1, 10, 'first')");
        var source = new IncrementalSource(Connector, Connection, parameters);
        Assert.Single(await source.SyncAsync(Ct));
        await using (var connection = await _source.Admin.OpenConnectionAsync(Ct))
        await using (var late = await connection.BeginTransactionAsync(Ct))
        {
            await using (var insert = new NpgsqlCommand("INSERT INTO changes VALUES (2, 20, 'late')", connection)) await insert.ExecuteNonQueryAsync(Ct);
            await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'early')");
            Assert.Contains("\"id\":3,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
            await late.CommitAsync(Ct);
        }

        Assert.Contains("\"id\":2,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Fact]
    public async Task Incremental_by_a_time_reads_to_the_microsecond()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version timestamptz); INSERT INTO changes VALUES (1, '2026-01-01 10:00:00.000001+02'), (2, '2026-01-01 08:00:00.000002Z')");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        Assert.Equal(2, (await source.SyncAsync(Ct)).Count);
        await ExecuteAsync("INSERT INTO changes VALUES (3, '2026-01-01 08:00:00.000003Z'), (4, '2026-01-01 08:00:00.000001Z')");
        Assert.Contains("\"id\":3,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
    }
}

public sealed class OdbcSqliteIncrementalTests : IncrementalContract, IDisposable
{
    private readonly SqliteSource _source = new();
    private SourceConnection? _connection;

    internal override IConnector Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection ??= OdbcSource.Of(_source);

    public void Dispose() => _source.Dispose();

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id INTEGER PRIMARY KEY, version BIGINT, name TEXT)");

    protected override Task ExecuteAsync(string sql)
    {
        _source.Execute(sql);
        return Task.CompletedTask;
    }
}

public sealed class OdbcMariaDbIncrementalTests(OdbcMariaDbDatabase database) : IncrementalContract, IClassFixture<OdbcMariaDbDatabase>
{
    internal override IConnector Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => database.Connection;

    protected override int Cases => 24;

    protected override Task MakeTableAsync() => ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version bigint, name varchar(200))");

    protected override Task ExecuteAsync(string sql) => database.Server.ExecuteAsync(sql, Ct, database.Database);

    [Fact]
    public async Task Incremental_by_a_time_reads_to_the_microsecond()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS changes; CREATE TABLE changes (id bigint PRIMARY KEY, version datetime(6)); INSERT INTO changes VALUES (1, '2026-01-01 08:00:00.000001'), (2, '2026-01-01 08:00:00.000002')");
        var source = new IncrementalSource(Connector, Connection, """{"table":"changes","change_tracking":"none","cursor_field":"version"}""");
        Assert.Equal(2, (await source.SyncAsync(Ct)).Count);
        await ExecuteAsync("INSERT INTO changes VALUES (3, '2026-01-01 08:00:00.000003'), (4, '2026-01-01 08:00:00.000001')");
        Assert.Contains("\"id\":3,", Assert.Single(await source.SyncAsync(Ct)), StringComparison.Ordinal);
    }
}
