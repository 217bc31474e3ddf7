using DataSync.Extract;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.IntegrationTests.Extract;

/// <summary>Sessions kept from one read to the next of the same source.</summary>
public sealed class IdleSessionsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private PostgresSource _source = null!;
    private PostgresConnector _connector = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await PostgresSource.CreateAsync(Ct);
        _connector = new PostgresConnector(
            new EgressPolicy(Options.Create(new EgressOptions { Allow = "127.0.0.0/8,::1/128" }), static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct)),
            Options.Create(new ExtractOptions { TlsExceptions = "127.0.0.1,localhost" }), _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Read_of_the_same_source_uses_the_session_of_the_read_before()
    {
        var first = await SessionAsync("a");
        await IdleAsync(1);
        Assert.Equal(first, await SessionAsync("a"));
    }

    [Fact]
    public async Task Read_of_another_owner_uses_a_session_of_its_own()
    {
        var first = await SessionAsync("a");
        await IdleAsync(1);
        Assert.NotEqual(first, await SessionAsync("b"));
    }

    [Fact]
    public async Task Read_without_an_owner_leaves_no_session()
    {
        await SessionAsync("");
        await IdleAsync(0);
    }

    [Fact]
    public async Task Read_with_another_password_is_judged_by_that_password()
    {
        await SessionAsync("a");
        await IdleAsync(1);
        var failure = await ReadOutcome.FailureAsync(_connector, Owned("a", "wrong"), new ReadRequest { Query = "SELECT 1 AS a" }, Ct);
        Assert.Equal("errors.connection.authentication", failure.MessageKey);
    }

    [Fact]
    public async Task Kept_session_has_nothing_left_of_the_read_before()
    {
        var first = await ReadAsync("SELECT pg_backend_pid() AS pid, pg_advisory_lock(7)::text AS l, set_config('app.secret', 'left', false) AS s");
        await IdleAsync(1);
        Assert.Equal(0, await _source.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", Ct));
        var second = await ReadAsync("SELECT pg_backend_pid() AS pid, coalesce(current_setting('app.secret', true), '') AS s");
        Assert.Contains("\"s\":\"\"", second, StringComparison.Ordinal);
        Assert.Equal(first.Split(',')[0], second.Split(',')[0]);
    }

    [Fact]
    public async Task Read_that_fails_leaves_no_session()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync("SELECT 1 / (i - 3) AS x FROM generate_series(1, 5) i"));
        await IdleAsync(0);
    }

    [Fact]
    public async Task Read_goes_on_with_a_new_session_where_the_kept_one_was_ended()
    {
        await SessionAsync("a");
        await IdleAsync(1);
        await _source.ScalarAsync<bool>($"SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{_source.Login}'", Ct);
        await IdleAsync(0);
        Assert.NotEmpty(await SessionAsync("a"));
    }

    [Fact]
    public async Task Session_that_keeps_serving_is_ended_as_soon_as_any_other()
    {
        var first = await SessionAsync("a");
        for (var i = 0; i < 3; i++)
        {
            await IdleAsync(1);
            _time.Advance(IdleSessions.Patience * 0.4);
            var session = await SessionAsync("a");
            if (i < 2) Assert.Equal(first, session);
            else Assert.NotEqual(first, session);
        }
    }

    [Fact]
    public async Task Kept_session_is_ended_after_a_while()
    {
        await SessionAsync("a");
        await IdleAsync(1);
        _time.Advance(IdleSessions.Patience * 1.5);
        await IdleAsync(0);
    }

    private async Task<string> SessionAsync(string owner) => (await ReadOutcome.OfAsync(_connector, Owned(owner, _source.Password), new ReadRequest { Query = "SELECT pg_backend_pid() AS pid" }, Ct)).Documents.Single();

    private async Task<string> ReadAsync(string query) => (await ReadOutcome.OfAsync(_connector, Owned("a", _source.Password), new ReadRequest { Query = query }, Ct)).Documents.Single();

    private SourceConnection Owned(string owner, string password) => new("postgresql", _source.ConnectionAs(_source.Login, password).ConnectionParams, owner);

    /// <summary>Waits until the login has so many sessions, and all of them are idle and reset.</summary>
    private async Task IdleAsync(long sessions)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (await _source.ScalarAsync<bool>($"SELECT count(*) <> {sessions} OR NOT coalesce(bool_and(state = 'idle' AND query = 'DISCARD ALL'), true) FROM pg_stat_activity WHERE usename = '{_source.Login}'", Ct))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
            await Task.Delay(20, Ct);
        }

        await Task.Delay(20, Ct); // the answer to the last statement is on its way
    }
}
