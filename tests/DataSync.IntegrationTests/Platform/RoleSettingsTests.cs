using DataSync.IntegrationTests.Postgres;
using Npgsql;

namespace DataSync.IntegrationTests.Platform;

/// <summary>What <c>deploy/postgres/roles.sql</c> gives the roles besides their rights.</summary>
public sealed class RoleSettingsTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    [Theory]
    [InlineData("idle_in_transaction_session_timeout", "1min")]
    [InlineData("tcp_keepalives_idle", "30")]
    [InlineData("tcp_keepalives_interval", "10")]
    [InlineData("tcp_keepalives_count", "3")]
    public async Task Session_of_a_process_that_fell_silent_in_a_transaction_is_ended_by_the_server(string setting, string value)
    {
        var ct = TestContext.Current.CancellationToken;
        foreach (var source in (NpgsqlDataSource[])[database.Sources.App, database.Sources.System])
        {
            await using var show = source.CreateCommand($"SHOW {setting}");
            Assert.Equal(value, await show.ExecuteScalarAsync(ct));
        }
    }
}
