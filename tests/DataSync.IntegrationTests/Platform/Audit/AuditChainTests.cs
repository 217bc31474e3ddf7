using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>How chains come to be: gapless and in order, whoever writes and whoever chains, and never touched afterwards.</summary>
public sealed class AuditChainTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parallel_writers_and_sealers_make_gapless_chains_in_which_what_was_committed_before_stands_before()
    {
        const int Tenants = 3, Writers = 6, Each = 40;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var sealing = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var sealer = new AuditSealer(database.Sources);
            while (!ended.IsCancellationRequested) await sealer.SealAsync(Ct);
        }, Ct)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Tenants * Writers).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++) await WriteAsync($"order-{w % Tenants}", $"w{w}", i, commit: true);
            await WriteAsync($"order-{w % Tenants}", $"w{w}", -1, commit: false);
        }, Ct)));
        await ended.CancelAsync();
        await Task.WhenAll(sealing);
        await AuditRig.SealAllAsync(database, Ct);

        await using var connection = await database.Sources.System.OpenConnectionAsync(Ct);
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            Assert.Equal((null, (long)Writers * Each), await AuditRig.VerifyAsync(connection, $"order-{tenant}", Ct));

            // Of one writer, who waits for each commit, the entries stand in the order in which it wrote them.
            await using var disorder = new NpgsqlCommand("SELECT count(*) FROM (SELECT target::int - lag(target::int, 1, -1) OVER (PARTITION BY actor ORDER BY sequence) AS step FROM audit_log WHERE tenant_id = $1) s WHERE step <> 1", connection)
            {
                Parameters = { new() { Value = $"order-{tenant}" } },
            };
            Assert.Equal(0L, await disorder.ExecuteScalarAsync(Ct));
        }
    }

    [Fact]
    public async Task Sealer_that_stands_still_holds_up_nobody_who_writes()
    {
        await WriteAsync("still", "w", 0, commit: true);
        await using var standing = await database.Sources.System.OpenConnectionAsync(Ct);
        await using var transaction = await standing.BeginTransactionAsync(Ct);
        await using (var hold = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({0x6461_7461_6175_6469L})", standing)) await hold.ExecuteNonQueryAsync(Ct);
        await WriteAsync("still", "w", 1, commit: true).WaitAsync(TimeSpan.FromSeconds(120), Ct);
        Assert.Equal(0, (await new AuditSealer(database.Sources).SealAsync(Ct)).Chained);
        await transaction.RollbackAsync(Ct);
        await AuditRig.SealAllAsync(database, Ct);
        Assert.Equal((null, 2L), await AuditRig.VerifyAsync(standing, "still", Ct));
    }

    [Theory]
    [InlineData("datasync_app")]
    [InlineData("datasync_system")]
    [InlineData("datasync_owner")]
    public async Task Nobody_changes_or_removes_what_is_chained(string role)
    {
        await WriteAsync("kept", "w", 0, commit: true);
        await AuditRig.SealAllAsync(database, Ct);
        foreach (var sql in (string[])["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log", "UPDATE audit_pending SET actor = 'x'", "TRUNCATE audit_pending"])
        {
            await WriteAsync("kept", "w", 1, commit: true);
            await using var connection = await database.Superuser.OpenConnectionAsync(Ct);
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await using (var become = new NpgsqlCommand($"SET LOCAL ROLE {role}; SELECT set_config('app.tenant_id', 'kept', true)", connection)) await become.ExecuteNonQueryAsync(Ct);
            await using var change = new NpgsqlCommand(sql, connection);
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => change.ExecuteNonQueryAsync(Ct))).SqlState);
        }
    }

    [Theory]
    [InlineData("datasync_app", "INSERT INTO audit_log SELECT * FROM audit_log")]
    [InlineData("datasync_app", "DELETE FROM audit_pending")]
    [InlineData("datasync_app", "INSERT INTO audit_pending (tenant_id, id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details) VALUES ('kept', 1, now(), '', '', '', '', '', '', '', '')")]
    [InlineData("datasync_system", "INSERT INTO audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details) VALUES ('kept', now(), '', '', '', '', '', '', '', '')")]
    public async Task Each_role_can_do_its_own_part_alone(string role, string sql)
    {
        await using var connection = await database.Superuser.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using (var become = new NpgsqlCommand($"SET LOCAL ROLE {role}; SELECT set_config('app.tenant_id', 'kept', true)", connection)) await become.ExecuteNonQueryAsync(Ct);
        await using var change = new NpgsqlCommand(sql, connection);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => change.ExecuteNonQueryAsync(Ct))).SqlState);
    }

    [Fact]
    public async Task Journal_writes_entries_of_many_tenants_at_once_and_one_that_cannot_be_written_hinders_no_other()
    {
        var journal = new AuditWriter(TestJobs.TenantsOf(database.Sources), TimeProvider.System, NullLogger<AuditWriter>.Instance);
        await journal.StartAsync(Ct);
        var writes = Enumerable.Range(0, 60).Select(i =>
        {
            var entry = AuditRig.Entry($"many-{i % 3}", "w", i);
            if (i == 30) entry.Action = new string('x', 200); // longer than its column
            return journal.WriteAsync(entry, Ct);
        }).ToList();
        await Task.WhenAny(Task.WhenAll(writes), Task.Delay(TimeSpan.FromSeconds(120), Ct));
        Assert.Equal([30], writes.Select((w, i) => (w, i)).Where(x => !x.w.IsCompletedSuccessfully).Select(x => x.i));
        Assert.Equal("errors.audit.unavailable", (await Assert.ThrowsAsync<Pipeline.Failures.SyncFailureException>(() => writes[30])).Failure.MessageKey);
        journal.Offer(AuditRig.Entry("many-0", "w", 60));
        await journal.StopAsync(Ct);
        await AuditRig.SealAllAsync(database, Ct);
        await using var connection = await database.Sources.System.OpenConnectionAsync(Ct);
        Assert.Equal(
            [(null, 20L), (null, 20L), (null, 20L)],
            [await AuditRig.VerifyAsync(connection, "many-0", Ct), await AuditRig.VerifyAsync(connection, "many-1", Ct), await AuditRig.VerifyAsync(connection, "many-2", Ct)]);
    }

    [Fact]
    public async Task Database_whose_name_is_not_resolved_refuses_entries_at_once_and_does_not_end_the_journal()
    {
        const string Nowhere = "Host=does-not-exist.invalid;Username=u;Password=p;Database=d";
        await using var nowhere = new DataSources(new DatabaseOptions { Connection = Nowhere, SystemConnection = Nowhere });
        var journal = new AuditWriter(TestJobs.TenantsOf(nowhere), TimeProvider.System, NullLogger<AuditWriter>.Instance);
        await journal.StartAsync(Ct);

        // Each is told why, the second and third by a writer that has gone on: one that has ended tells nothing, and its callers wait for ten seconds.
        for (var i = 0; i < 3; i++)
        {
            var refused = await Assert.ThrowsAsync<Pipeline.Failures.SyncFailureException>(() => journal.WriteAsync(AuditRig.Entry("nowhere", "w", i), Ct));
            Assert.Equal("errors.audit.unavailable", refused.Failure.MessageKey);
            Assert.IsNotType<TimeoutException>(refused.InnerException);
            Assert.True(DatabaseUnavailable.Caused(refused.InnerException!), $"{refused.InnerException}");
        }

        await journal.StopAsync(Ct);
    }

    private async Task WriteAsync(string tenant, string actor, int number, bool commit)
    {
        await using var transaction = await TestJobs.TenantsOf(database.Sources).BeginAsync(tenant, Ct);
        await AuditInsert.AddAsync(transaction, AuditRig.Entry(tenant, actor, number), Ct);
        if (commit) await transaction.CommitAsync(Ct);
    }
}

/// <summary>Entries for tests, and chaining them.</summary>
internal static class AuditRig
{
    public static PendingAuditEntry Entry(string tenant, string actor, int number) => new()
    {
        TenantId = tenant,
        Time = DateTimeOffset.UtcNow,
        ActorKind = AuditActor.User,
        Actor = actor,
        Action = "source.replace",
        TargetKind = "source",
        Target = number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        CorrelationId = "c",
    };

    /// <summary>Goes along a chain of which nothing is known outside the database, and which misses no words.</summary>
    public static async Task<(AuditFault? Fault, long Whole)> VerifyAsync(NpgsqlConnection connection, string tenant, CancellationToken ct)
    {
        var (fault, whole, erased) = await AuditChain.VerifyAsync(connection, tenant, [], [], ct);
        Assert.Equal(0, erased);
        return (fault, whole);
    }

    /// <summary>Chains all that waits.</summary>
    public static async Task SealAllAsync(SystemDatabase database, CancellationToken ct)
    {
        var sealer = new AuditSealer(database.Sources);
        while (await sealer.IsWaitingAsync(ct)) await sealer.SealAsync(ct);
    }

    /// <summary>Statements that alter an entry and make all hashes from there on anew, as whoever knows the format can.</summary>
    public static async Task<string> RechainedAsync(SystemDatabase database, string tenant, int from, CancellationToken ct)
    {
        var entries = await TestJobs.TenantsOf(database.Sources).RunAsync(tenant, async t =>
        {
            List<ChainedAuditEntry> read = [];
            await using var command = t.Command($"SELECT {AuditFields.Columns}, sequence, previous FROM audit_log WHERE sequence >= {from} ORDER BY sequence");
            await using var rows = await command.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct))
            {
                var entry = AuditFields.Read<ChainedAuditEntry>(rows);
                (entry.Sequence, entry.Previous) = (rows.GetInt64(AuditFields.Count), rows.GetFieldValue<byte[]>(AuditFields.Count + 1));
                read.Add(entry);
            }

            return read;
        }, ct);
        (entries[0].Actor, entries[0].Digest) = ("mallory", null);
        var previous = entries[0].Previous;
        List<string> statements = [];
        foreach (var entry in entries)
        {
            entry.Digest ??= AuditHash.OfWords(entry, new System.Buffers.ArrayBufferWriter<byte>());
            var hash = AuditHash.Of(entry, entry.Sequence, previous, new System.Buffers.ArrayBufferWriter<byte>());
            statements.Add($"UPDATE audit_log SET actor = '{entry.Actor}', digest = '\\x{Convert.ToHexString(entry.Digest)}', previous = '\\x{Convert.ToHexString(previous)}', hash = '\\x{Convert.ToHexString(hash)}' WHERE tenant_id = '{tenant}' AND sequence = {entry.Sequence}");
            previous = hash;
        }

        return string.Join(';', statements);
    }
}
