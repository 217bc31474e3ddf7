using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.IntegrationTests.Platform;

public sealed class LeafWritePathTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly Guid Job = Guid.CreateVersion7();

    [Fact]
    public async Task Copy_into_a_leaf_takes_the_tenant_from_the_transaction()
    {
        var ct = TestContext.Current.CancellationToken;
        var job = Guid.CreateVersion7();
        await using var connection = await database.Sources.App.OpenConnectionAsync(ct);
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await ExecuteAsync(connection, "SELECT set_config('app.tenant_id', 'tenant a', true)");
            await CopyAsync(connection, job, "(job_id, seq, id, source_id, raw_data)");
            await transaction.CommitAsync(ct);
        }

        await using var command = database.Superuser.CreateCommand($"SELECT string_agg(tenant_id, ',') FROM sync_data WHERE job_id = '{job}'");
        Assert.Equal("tenant a", await command.ExecuteScalarAsync(ct));
    }

    [Fact]
    public async Task Copy_into_a_leaf_outside_a_tenants_transaction_fails()
    {
        await using var connection = await database.Sources.App.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<PostgresException>(() => CopyAsync(connection, Job, "(job_id, seq, id, source_id, raw_data)"));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM {0}")]
    [InlineData("UPDATE {0} SET source_id = ''")]
    [InlineData("DELETE FROM {0}")]
    [InlineData("INSERT INTO {0} (tenant_id, job_id, seq, id, source_id, raw_data) VALUES ('x', gen_random_uuid(), 1, gen_random_uuid(), 's', '1')")]
    public async Task A_leaf_itself_is_closed_to_the_application(string sql)
    {
        var leaf = LeafOf(Job);
        await using var connection = await database.Sources.App.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync(connection, "SELECT set_config('app.tenant_id', 'x', true)");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, leaf)));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Roles_of_the_application_pass_the_guard_and_the_owner_does_not()
    {
        var ct = TestContext.Current.CancellationToken;
        Assert.Empty(await DatabaseGuard.CheckRoleAsync("DATASYNC_CONNECTION", database.Sources.App, ct));
        Assert.Empty(await DatabaseGuard.CheckRoleAsync("DATASYNC_SYSTEM_CONNECTION", database.Sources.System, ct));
        await using var owner = NpgsqlDataSource.Create(database.Options.OwnerConnection);
        Assert.Contains(await DatabaseGuard.CheckRoleAsync("DATASYNC_CONNECTION", owner, ct), f => string.Equals(f.MessageKey, "errors.settings.role_owns_tables", StringComparison.Ordinal));
        Assert.Contains(await DatabaseGuard.CheckRoleAsync("DATASYNC_CONNECTION", database.Superuser, ct), f => string.Equals(f.MessageKey, "errors.settings.role_bypasses_rls", StringComparison.Ordinal));
    }

    private static string LeafOf(Guid job)
        => $"sync_data_{DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(job.ToString("n")[..12], 16)):yyyyMMdd}";

    private static async Task CopyAsync(NpgsqlConnection connection, Guid job, string columns)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"COPY {LeafOf(job)} {columns} FROM STDIN (FORMAT binary)");
        await copy.StartRowAsync();
        await copy.WriteAsync(job);
        await copy.WriteAsync(1L);
        await copy.WriteAsync(Guid.CreateVersion7());
        await copy.WriteAsync("s");
        await copy.WriteAsync("{}", NpgsqlTypes.NpgsqlDbType.Json);
        await copy.CompleteAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
