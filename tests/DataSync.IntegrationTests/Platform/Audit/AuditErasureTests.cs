using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Audit.Chain;
using Npgsql;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>The words of a tenant's entries go, and the chain stays: also of entries that were waiting to be chained.</summary>
public sealed class AuditErasureTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private const string Person = "somebody@example.com";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Words_of_a_tenant_are_erased_where_they_are_chained_and_where_they_wait_and_the_chain_stays_whole()
    {
        await WriteAsync("leaving", 8);
        await WriteAsync("staying", 3);
        await AuditRig.SealAllAsync(database, Ct);
        await WriteAsync("leaving", 4);
        var before = await HashesAsync("leaving");

        Assert.Equal(9, await EraseAsync("leaving", 5));
        await using var connection = await database.Sources.System.OpenConnectionAsync(Ct);
        Assert.Equal((null, 8L, 5L), await AuditChain.VerifyAsync(connection, "leaving", [], [], Ct));
        Assert.Equal(3, await EraseAsync("leaving", 5));
        Assert.Equal(0, await EraseAsync("leaving", 5));
        await AuditRig.SealAllAsync(database, Ct);

        // Twelve without their words, and the two that tell of it; the hashes are those that were there.
        Assert.Equal((null, 14L, 12L), await AuditChain.VerifyAsync(connection, "leaving", [], [], Ct));
        Assert.Equal(before, (await HashesAsync("leaving"))[..8]);
        Assert.Equal(0L, await CountAsync($"tenant_id = 'leaving' AND position('{Person}' IN row_to_json(l)::text) > 0"));
        Assert.Equal(3L, await CountAsync($"tenant_id = 'staying' AND position('{Person}' IN row_to_json(l)::text) > 0"));
        Assert.Equal((null, 3L), await AuditRig.VerifyAsync(connection, "staying", Ct));

        // Life goes on behind it, and what comes is not erased by what was.
        await WriteAsync("leaving", 1);
        await AuditRig.SealAllAsync(database, Ct);
        Assert.Equal((null, 15L, 12L), await AuditChain.VerifyAsync(connection, "leaving", [new AuditHead("leaving", 8, Convert.FromHexString(before[7]))], [], Ct));
    }

    [Fact]
    public async Task Words_of_an_entry_that_waited_have_the_hash_that_was_never_made_of_them_here()
    {
        var entry = AuditRig.Entry("hashed", "älice 😀 \"\n", 1);
        entry.Details = """{"part":"租户"}""";
        await using (var transaction = await TestJobs.TenantsOf(database.Sources).BeginAsync("hashed", Ct))
        {
            await DataSync.Platform.Audit.AuditInsert.AddAsync(transaction, entry, Ct);
            await transaction.CommitAsync(Ct);
        }

        await using (var salt = database.Superuser.CreateCommand("SELECT salt FROM audit_pending WHERE tenant_id = 'hashed'")) entry.Salt = (byte[])(await salt.ExecuteScalarAsync(Ct))!;
        Assert.Equal(1, await EraseAsync("hashed", 1));
        await AuditRig.SealAllAsync(database, Ct);
        await using var digest = database.Superuser.CreateCommand("SELECT digest FROM audit_log WHERE tenant_id = 'hashed' AND sequence = 1");
        Assert.Equal(AuditHash.OfWords(entry, new System.Buffers.ArrayBufferWriter<byte>()), (byte[])(await digest.ExecuteScalarAsync(Ct))!);
    }

    [Fact]
    public async Task Erasing_goes_on_where_it_was_and_not_through_what_is_erased()
    {
        const int Entries = 3000, Some = 100;
        await using (var fill = database.Superuser.CreateCommand(
            $"INSERT INTO audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details) SELECT 'many', now(), 'user', '{Person}', 'a', 'k', i::text, 'succeeded', '', '{{}}' FROM generate_series(1, {Entries}) i"))
        {
            await fill.ExecuteNonQueryAsync(Ct);
        }

        await AuditRig.SealAllAsync(database, Ct);
        Assert.Equal(Entries - Some, await EraseAsync("many", Entries - Some));
        await using var connection = await database.Superuser.OpenConnectionAsync(Ct);
        await using (var learn = new NpgsqlCommand("ANALYZE audit_log", connection)) await learn.ExecuteNonQueryAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using var erase = new NpgsqlCommand("SELECT public.erase_audit_entries('many', 100)", connection);
        Assert.Equal((long)Some, await erase.ExecuteScalarAsync(Ct));
        await using var read = new NpgsqlCommand("SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'audit_log'", connection);
        Assert.InRange((long)(await read.ExecuteScalarAsync(Ct))!, Some, Some * 5);
    }

    [Theory]
    [InlineData("SELECT erase_audit_entries('staying', 1)")]
    [InlineData("SELECT prune_audit_entries('staying', 1, '')")]
    public async Task Application_can_neither_erase_nor_shorten(string sql)
    {
        await using var connection = await database.Superuser.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using var call = new NpgsqlCommand("SET LOCAL ROLE datasync_app; " + sql, connection);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => call.ExecuteNonQueryAsync(Ct))).SqlState);
    }

    private async Task WriteAsync(string tenant, int entries)
    {
        for (var i = 0; i < entries; i++)
        {
            await using var transaction = await TestJobs.TenantsOf(database.Sources).BeginAsync(tenant, Ct);
            await DataSync.Platform.Audit.AuditInsert.AddAsync(transaction, AuditRig.Entry(tenant, Person, i), Ct);
            await transaction.CommitAsync(Ct);
        }
    }

    private async Task<long> EraseAsync(string tenant, int most)
    {
        await using var erase = database.Sources.System.CreateCommand("SELECT public.erase_audit_entries($1, $2)");
        erase.Parameters.AddWithValue(tenant);
        erase.Parameters.AddWithValue(most);
        return (long)(await erase.ExecuteScalarAsync(Ct))!;
    }

    private async Task<List<string>> HashesAsync(string tenant)
    {
        await using var read = database.Superuser.CreateCommand($"SELECT encode(hash, 'hex') FROM audit_log WHERE tenant_id = '{tenant}' ORDER BY sequence");
        await using var rows = await read.ExecuteReaderAsync(Ct);
        List<string> hashes = [];
        while (await rows.ReadAsync(Ct)) hashes.Add(rows.GetString(0));
        return hashes;
    }

    private async Task<long> CountAsync(string where)
    {
        await using var count = database.Superuser.CreateCommand($"SELECT count(*) FROM audit_log l WHERE {where}");
        return (long)(await count.ExecuteScalarAsync(Ct))!;
    }
}
