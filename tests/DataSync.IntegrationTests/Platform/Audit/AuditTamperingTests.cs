using System.Globalization;
using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Localization;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>What whoever owns the database may do to a chain of 10,000 entries in it, and that it is seen.</summary>
public sealed class AuditTamperingTests(AuditTamperingTests.TenThousand log) : IClassFixture<AuditTamperingTests.TenThousand>
{
    private const string Tenant = "acme";
    private const int Entries = 10_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Every kind of tampering, and what it must be called. <c>a</c> &lt; <c>b</c> are places in the chain.</summary>
    private static readonly (string Name, Func<int, int, string> Sql, Func<int, int, (AuditFaultKind Kind, long Sequence)> Fault)[] Tamperings =
    [
        .. ((string[])["actor_kind", "actor", "client", "action", "target_kind", "target", "outcome", "correlation_id", "details"]).Select(column => (
            "edited " + column, (Func<int, int, string>)((a, _) => $"UPDATE audit_log SET {column} = coalesce(left({column}, 8), '') || 'x' WHERE sequence = {a}"), Is(AuditFaultKind.Altered, (a, _) => a))),
        ("another salt", (a, _) => $"UPDATE audit_log SET salt = uuid_send(gen_random_uuid()) WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("another digest", (a, _) => $"UPDATE audit_log SET digest = sha256(digest) WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("another actor with its digest", (a, _) => $"UPDATE audit_log SET actor = 'mallory', digest = audit_digest(salt, 'mallory', client, target, details) WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("words taken, salt left", (a, _) => $"UPDATE audit_log SET actor = NULL, details = NULL WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("salt taken, words left", (a, _) => $"UPDATE audit_log SET salt = NULL WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("cut off in front", (a, _) => $"DELETE FROM audit_log WHERE sequence <= {a}", Is(AuditFaultKind.Missing, (_, _) => 1)),
        ("moved in time", (a, _) => $"UPDATE audit_log SET time = time + interval '1 microsecond' WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("another previous hash", (a, _) => $"UPDATE audit_log SET previous = sha256(previous) WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("another hash", (a, _) => $"UPDATE audit_log SET hash = sha256(hash) WHERE sequence = {a}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("deleted", (a, _) => $"DELETE FROM audit_log WHERE sequence = {a}", Is(AuditFaultKind.Missing, (a, _) => a)),
        ("deleted a stretch", (a, b) => $"DELETE FROM audit_log WHERE sequence BETWEEN {a} AND {b}", (a, b) => (b == Entries ? AuditFaultKind.Truncated : AuditFaultKind.Missing, a)),
        ("deleted and closed up", (a, _) => $"DELETE FROM audit_log WHERE sequence = {a}; UPDATE audit_log SET sequence = sequence + 1000000 WHERE sequence > {a}; UPDATE audit_log SET sequence = sequence - 1000001 WHERE sequence > 1000000", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("swapped", (a, b) => $"UPDATE audit_log SET sequence = CASE sequence WHEN {a} THEN 1000000 + {b} ELSE 1000000 + {a} END WHERE sequence IN ({a}, {b}); UPDATE audit_log SET sequence = sequence - 1000000 WHERE sequence > 1000000", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("swapped, each with its place's hashes", (a, b) => $"UPDATE audit_log x SET actor = y.actor, target = y.target, time = y.time FROM audit_log y WHERE (x.sequence = {a} AND y.sequence = {b}) OR (x.sequence = {b} AND y.sequence = {a})", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("copied over another", (a, b) => $"UPDATE audit_log x SET target = y.target, time = y.time FROM audit_log y WHERE x.sequence = {a} AND y.sequence = {b}", Is(AuditFaultKind.Altered, (a, _) => a)),
        ("given to another tenant", (a, _) => $"UPDATE audit_log SET tenant_id = 'other' WHERE sequence = {a}", Is(AuditFaultKind.Missing, (a, _) => a)),
        ("truncated", (a, _) => $"DELETE FROM audit_log WHERE sequence >= {a}", Is(AuditFaultKind.Truncated, (a, _) => a)),
    ];

    [Fact]
    public async Task Any_tampering_is_seen_and_named()
    {
        Assert.Equal((null, (long)Entries), await VerifyAsync(null));
        var trials = from tampering in Gen.Elements(Tamperings) from a in Gen.Choose(1, Entries - 1) from length in Gen.Frequency((3, Gen.Choose(1, 5)), (1, Gen.Choose(1, Entries))) select (tampering, a, b: Math.Min(Entries, a + length));
        foreach (var ((name, sql, fault), a, b) in Tamperings.Select(t => (t, 1, 2)).Concat(Tamperings.Select(t => (t, Entries - 1, Entries))).Concat(trials.Sample(60)))
        {
            var (kind, sequence) = fault(a, b);
            var found = await VerifyAsync(sql(a, b));
            Assert.True(found == (new AuditFault(Tenant, kind, sequence), sequence - 1), $"{name} at {a}, {b}: {found}");
        }

        // All of that was undone, and nothing of it came from the chain itself.
        Assert.Equal((null, (long)Entries), await VerifyAsync(null));
    }

    [Fact]
    public async Task Chain_that_was_cut_off_is_seen_as_far_as_the_last_anchor_and_no_further()
    {
        var trials = from anchor in Gen.Choose(1, Entries) from last in Gen.Choose(0, Entries - 1) select (anchor, last);
        foreach (var (anchor, last) in trials.Sample(20))
        {
            var (fault, whole) = await VerifyAsync($"DELETE FROM audit_log WHERE sequence > {last}", await HeadAsync(anchor));
            Assert.Equal(last, whole);
            Assert.Equal(last < anchor ? new AuditFault(Tenant, AuditFaultKind.Truncated, last + 1) : null, fault);
        }
    }

    [Fact]
    public async Task Chain_that_was_shortened_is_whole_only_where_that_is_known_outside_the_database()
    {
        var (at, other) = (await HeadAsync(4000), await HeadAsync(5000));
        const string Cut = "DELETE FROM audit_log WHERE sequence <= 4000";
        Assert.Equal((null, Entries - 4000L), await VerifyAsync(Cut, null, other, at));
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Missing, 1), 0L), await VerifyAsync(Cut, null, other));
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Unlinked, 4001), 0L), await VerifyAsync(Cut, null, at with { Hash = other.Hash }));
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Missing, 4501), 500L), await VerifyAsync(Cut + "; DELETE FROM audit_log WHERE sequence = 4501", null, at));

        // what is to be cut off and is still there is no fault
        Assert.Equal((null, (long)Entries), await VerifyAsync(null, null, at));
    }

    [Fact]
    public async Task Words_that_are_gone_are_no_fault_where_the_chain_says_so_itself()
    {
        const string Erased = "UPDATE audit_log SET salt = NULL, actor = NULL, client = NULL, target = NULL, details = NULL WHERE sequence";
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Erased, 70), (long)Entries), await VerifyAsync($"{Erased} IN (70, 900)"));
        Assert.Equal((null, (long)Entries), await VerifyAsync($"{Erased} IN (70, 900); {Announcement("audit.erase")}"));
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Erased, 70), (long)Entries), await VerifyAsync($"{Erased} IN (70, 900); {Announcement("audit.read")}"));
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Altered, 70), 69L), await VerifyAsync($"{Erased} = 70; UPDATE audit_log SET outcome = 'refused' WHERE sequence = 70"));

        static string Announcement(string action)
            => $"INSERT INTO audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details) VALUES ('{Tenant}', now(), 'system', '', '{action}', 'audit', '', 'succeeded', '', '{{}}')";
    }

    [Fact]
    public async Task Chain_that_was_written_anew_with_right_hashes_is_seen_by_the_anchor_alone()
    {
        foreach (var from in Gen.Choose(Entries - 50, Entries).Sample(5))
        {
            var anew = await RechainedAsync(from);
            Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Rewritten, Entries), Entries - 1L), await VerifyAsync(anew, await HeadAsync(Entries)));
            Assert.Equal((null, (long)Entries), await VerifyAsync(anew, await HeadAsync(from - 1)));
        }

        // And by each of several, wherever they are: later ones that agree with what was written anew hide none before.
        var late = await RechainedAsync(Entries - 20);
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Rewritten, Entries - 10), Entries - 11L), await VerifyAllAsync(late, [await HeadAsync(Entries), await HeadAsync(Entries - 10), await HeadAsync(70)]));

        // Two hashes for one number are a fault, whichever of them the chain has now, and also where it has lost that entry by right.
        var (twice, at) = (await HeadAsync(3000), await HeadAsync(4000));
        AuditHead[] both = [twice, at, twice with { Hash = at.Hash }];
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Rewritten, 3000), 2999L), await VerifyAllAsync(null, both));
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Rewritten, 3000), 0L), await VerifyAllAsync("DELETE FROM audit_log WHERE sequence <= 4000", both, at));
        Assert.Equal((null, Entries - 4000L), await VerifyAllAsync("DELETE FROM audit_log WHERE sequence <= 4000", [twice, at, twice], at));

        // One entry with its hash made anew: the next one does not follow it.
        var one = (await RechainedAsync(5000)).Split(';')[0];
        Assert.Equal((new AuditFault(Tenant, AuditFaultKind.Unlinked, 5001), 5000L), await VerifyAsync(one));
    }

    [Fact]
    public async Task Command_tells_the_first_fault_of_each_chain_in_the_language_asked_for()
    {
        var folder = Directory.CreateTempSubdirectory("datasync-anchors-").FullName;
        try
        {
            var anchors = new AuditAnchors(new AuditOptions { Anchors = folder }, TimeProvider.System, NullLogger<AuditAnchors>.Instance);
            await using var services = new ServiceCollection().AddSingleton(Messages.Load(typeof(AuditAnchors).Assembly)).AddSingleton(new AuditVerifier(log.Database.Sources, anchors)).BuildServiceProvider();
            await anchors.WriteAsync([await HeadAsync(Entries)], Ct);
            Assert.Equal((true, "1 tenants, 10000 entries, 1 anchors: 0 broken."), await CommandAsync(services, "en-US"));
            await anchors.WriteAsync([new AuditHead(Tenant, Entries + 3, new byte[32]), new AuditHead("gone", 4, new byte[32])], Ct);
            var (whole, told) = await CommandAsync(services, "zh-CN");
            Assert.False(whole);
            Assert.Contains("租户 acme：审计日志在第 10001 条记录之前就结束了", told, StringComparison.Ordinal);
            Assert.Contains("租户 gone：审计日志在第 1 条记录之前就结束了", told, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(bool Whole, string Told)> CommandAsync(IServiceProvider services, string language)
    {
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        var whole = await services.VerifyAuditAsync(output, language, Ct);
        return (whole, output.ToString().Trim());
    }

    private static Func<int, int, (AuditFaultKind Kind, long Sequence)> Is(AuditFaultKind kind, Func<int, int, int> at) => (a, b) => (kind, at(a, b));

    /// <summary>Verifies after a tampering by a superuser with the triggers off, against the last head unless told otherwise, and undoes it.</summary>
    private async Task<(AuditFault? Fault, long Whole)> VerifyAsync(string? tampering, AuditHead? anchor = null, params AuditHead[] beginnings)
        => await VerifyAllAsync(tampering, [anchor ?? await HeadAsync(Entries)], beginnings);

    private async Task<(AuditFault? Fault, long Whole)> VerifyAllAsync(string? tampering, AuditHead[] anchors, params AuditHead[] beginnings)
    {
        await using var connection = await log.Database.Superuser.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        if (tampering is not null)
        {
            await using var tamper = new NpgsqlCommand("SET LOCAL session_replication_role = replica;" + tampering, connection);
            Assert.True(await tamper.ExecuteNonQueryAsync(Ct) > 0, tampering);
        }

        var (fault, whole, _) = await AuditChain.VerifyAsync(connection, Tenant, anchors, beginnings, Ct);
        return (fault, whole);
    }

    private Task<string> RechainedAsync(int from) => AuditRig.RechainedAsync(log.Database, Tenant, from, Ct);

    private async Task<AuditHead> HeadAsync(long sequence)
    {
        if (sequence == 0) return AuditHead.Empty(Tenant);
        await using var read = log.Database.Superuser.CreateCommand($"SELECT hash FROM audit_log WHERE tenant_id = '{Tenant}' AND sequence = {sequence}");
        return new AuditHead(Tenant, sequence, (byte[])(await read.ExecuteScalarAsync(Ct))!);
    }

    /// <summary>A chain as the sealer makes it.</summary>
    public sealed class TenThousand : IAsyncLifetime
    {
        public SystemDatabase Database { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Database.InitializeAsync();
            await using (var batch = await TestJobs.TenantsOf(Database.Sources).BatchAsync(Tenant, durable: true, Ct))
            {
                AuditInsert.Add(batch, Tenant, [.. Enumerable.Range(1, Entries).Select(i => AuditRig.Entry(Tenant, i % 2 == 0 ? "älice" : "bob", i))]);
                await batch.ExecuteAsync(Ct);
            }

            await AuditRig.SealAllAsync(Database, Ct);
        }

        public ValueTask DisposeAsync() => Database.DisposeAsync();
    }
}
