using DataSync.IntegrationTests.Postgres;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>Chains lose what has had its time, as far as heads outside the database reach, and stay whole.</summary>
public sealed class AuditRetentionTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-anchors-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beginning_goes_when_it_has_had_its_time_and_what_is_left_still_verifies()
    {
        var retention = Retention();
        await WriteAsync(anchored: true, ("busy", 10), ("quiet", 4));
        _time.Advance(TimeSpan.FromDays(1));
        await WriteAsync(anchored: true, ("busy", 5));
        await WriteAsync(anchored: false, ("busy", 2), ("unknown", 3));
        Assert.Equal(0, await retention.SweepAsync(Ct));

        // Thirty days behind the first day it goes, but for the last entry of a chain; the second day stays.
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(10, await retention.SweepAsync(Ct));
        Assert.Equal(0, await retention.SweepAsync(Ct));
        Assert.Equal((11L, 1L, 1L), (await FirstAsync("busy"), await FirstAsync("quiet"), await FirstAsync("unknown")));
        await AuditRig.SealAllAsync(database, Ct);
        Assert.Equal([], await FaultsAsync());

        // What no head outside the database stands for stays for ever; a chain that goes on loses its beginning then.
        await WriteAsync(anchored: false, ("quiet", 1));
        _time.Advance(TimeSpan.FromDays(40));
        Assert.Equal(5 + 4, await retention.SweepAsync(Ct));
        Assert.Equal((16L, 5L, 1L), (await FirstAsync("busy"), await FirstAsync("quiet"), await FirstAsync("unknown")));

        // A process that has just begun finds nothing to do, and the log tells what was done.
        Assert.Equal(0, await Retention().SweepAsync(Ct));
        await AuditRig.SealAllAsync(database, Ct);
        Assert.Equal([], await FaultsAsync());
        await using var told = database.Superuser.CreateCommand("SELECT string_agg(tenant_id || ' ' || (details::json ->> 'entries') || ' ' || (details::json ->> 'last'), ', ' ORDER BY tenant_id, sequence) FROM audit_log WHERE action = 'audit.prune' AND tenant_id NOT LIKE 'own-%'");
        Assert.Equal("busy 10 10, busy 5 15, quiet 4 4", await told.ExecuteScalarAsync(Ct));

        // Without what is kept outside the database, that is deletion.
        File.Delete(Path.Combine(_folder, "audit-beginnings.jsonl"));
        Assert.Equal([("busy", AuditFaultKind.Missing, 1L), ("quiet", AuditFaultKind.Missing, 1L)], (await FaultsAsync()).Select(f => (f.TenantId, f.Kind, f.Sequence)));
    }

    [Fact]
    public async Task Head_that_is_not_in_the_chain_shortens_nothing()
    {
        await WriteAsync(anchored: false, ("restored", 5));
        await Anchors().WriteAsync([new AuditHead("restored", 3, new byte[32]), new AuditHead("restored", 2, new byte[32])], Ct);
        _time.Advance(TimeSpan.FromDays(60));
        await Retention().SweepAsync(Ct);
        Assert.Equal(1, await FirstAsync("restored"));
    }

    [Fact]
    public async Task Tenant_with_days_of_its_own_is_shortened_by_them_and_by_no_fewer_than_the_operator_allows()
    {
        await using (var rules = database.Superuser.CreateCommand("INSERT INTO retention (tenant_id, kind, days, updated_by) VALUES ('own-short', 'audit', 5, 'o'), ('own-long', 'audit', 60, 'o')")) await rules.ExecuteNonQueryAsync(Ct);
        var retention = new AuditRetention(database.Sources, Anchors(), Options() with { KeepDays = 0, LeastDays = 20 }, _time, NullLogger<AuditRetention>.Instance);
        await WriteAsync(anchored: true, ("own-short", 4), ("own-long", 4), ("own-none", 4));
        _time.Advance(TimeSpan.FromDays(1));
        await WriteAsync(anchored: true, ("own-short", 1), ("own-long", 1), ("own-none", 1));
        foreach (var (days, pruned) in ((int, long)[])[(18, 0), (3, 4), (30, 0), (20, 4), (400, 0)])
        {
            _time.Advance(TimeSpan.FromDays(days));
            Assert.Equal(pruned, await retention.SweepAsync(Ct));
        }

        Assert.Equal((5L, 5L, 1L), (await FirstAsync("own-short"), await FirstAsync("own-long"), await FirstAsync("own-none")));
        Assert.Equal([], await FaultsAsync("own-"));

        // Without days of its own it is as the installation says, from the oldest day on.
        await using (var rules = database.Superuser.CreateCommand("DELETE FROM retention WHERE kind = 'audit'")) await rules.ExecuteNonQueryAsync(Ct);
        await WriteAsync(anchored: false, ("own-short", 1), ("own-none", 1));
        Assert.Equal(1 + 1 + 5, await Retention().SweepAsync(Ct));
        Assert.Equal((6L, 6L, 6L), (await FirstAsync("own-short"), await FirstAsync("own-long"), await FirstAsync("own-none")));
        Assert.Equal([], await FaultsAsync("own-"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private AuditOptions Options() => new() { Anchors = _folder, KeepDays = 30 };

    private AuditAnchors Anchors() => new(Options(), _time, NullLogger<AuditAnchors>.Instance);

    private AuditRetention Retention() => new(database.Sources, Anchors(), Options(), _time, NullLogger<AuditRetention>.Instance);

    private async Task WriteAsync(bool anchored, params (string Tenant, int Entries)[] what)
    {
        foreach (var (tenant, entries) in what)
        {
            await using var transaction = await TestJobs.TenantsOf(database.Sources).BeginAsync(tenant, Ct);
            for (var i = 0; i < entries; i++) await AuditInsert.AddAsync(transaction, AuditRig.Entry(tenant, "w", i), Ct);
            await transaction.CommitAsync(Ct);
        }

        await AuditRig.SealAllAsync(database, Ct);
        if (!anchored) return;
        await using var connection = await database.Sources.System.OpenConnectionAsync(Ct);
        await Anchors().WriteAsync((await AuditHeads.OfAsync(connection, [.. what.Select(w => w.Tenant)], Ct)).Values, Ct);
    }

    private async Task<long> FirstAsync(string tenant)
    {
        await using var first = database.Superuser.CreateCommand($"SELECT min(sequence) FROM audit_log WHERE tenant_id = '{tenant}'");
        return (long)(await first.ExecuteScalarAsync(Ct))!;
    }

    /// <summary>Of the tenants of the first test, or of those whose names begin so.</summary>
    private async Task<List<AuditFault>> FaultsAsync(string? begins = null)
    {
        List<AuditFault> faults = [];
        await new AuditVerifier(database.Sources, Anchors()).VerifyAsync(
            fault =>
            {
                if (begins is null ? fault.TenantId != "restored" && !fault.TenantId.StartsWith("own-", StringComparison.Ordinal) : fault.TenantId.StartsWith(begins, StringComparison.Ordinal)) faults.Add(fault);
                return Task.CompletedTask;
            },
            Ct);
        return faults;
    }
}
