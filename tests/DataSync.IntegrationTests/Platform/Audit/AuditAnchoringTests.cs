using System.Diagnostics.Metrics;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.IntegrationTests.Platform.Audit;

/// <summary>Chains that were tampered with and then grow: no later head hides it, and none of ours is written over the last one.</summary>
public sealed class AuditAnchoringTests(SystemDatabase database) : IClassFixture<SystemDatabase>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-anchors-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly CollectedLogs _logs = new();
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private long _lost;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rewritten", 30, "Rewritten", 30L)]
    [InlineData("cut-once", 1, "Truncated", 17L)]
    [InlineData("cut-grown", 40, "Rewritten", 20L)]
    [InlineData("emptied", 25, "Rewritten", 10L)]
    public async Task Tampering_is_seen_behind_a_later_head_and_the_sealer_writes_none(string tenant, int grown, string kind, long at)
    {
        var (sealing, other) = (Sealing(), Sealing());
        foreach (var more in (int[])[10, 10])
        {
            await WriteAsync(tenant, more);
            await sealing.SealAllAsync(Ct);
            await sealing.AnchorAsync(Ct);
            await other.AnchorAsync(Ct); // reads what the first wrote
        }

        if (tenant is "rewritten")
        {
            await WriteAsync(tenant, 10);
            await sealing.SealAllAsync(Ct);
            await sealing.AnchorAsync(Ct);
            await TamperAsync(await AuditRig.RechainedAsync(database, tenant, 25, Ct));
        }
        else
        {
            await TamperAsync($"DELETE FROM audit_log WHERE tenant_id = '{tenant}' AND sequence > {(tenant is "emptied" ? 0 : 15)}");
        }

        Assert.DoesNotContain("Error 2008", _logs.All, StringComparison.Ordinal);
        var (before, last) = (Heads(tenant), tenant is "rewritten" ? 30 : 20);
        await WriteAsync(tenant, grown);
        await other.SealAllAsync(Ct);

        // Whoever sealed it, whoever was there before, and whoever has just begun.
        foreach (var process in (AuditSealing[])[other, Sealing()])
        {
            _logs.Clear();
            var counted = Interlocked.Read(ref _lost);
            await process.AnchorAsync(Ct);
            Assert.Equal(counted + 1, Interlocked.Read(ref _lost));
            Assert.Contains($"Error 2008 The audit log of tenant {tenant} no longer holds entry {last},", _logs.All, StringComparison.Ordinal);
            Assert.Equal(before, Heads(tenant));
        }

        // And where somebody's was: every head is compared, not the last alone.
        await using var connection = await database.Sources.System.OpenConnectionAsync(Ct);
        await Anchors().WriteAsync((await AuditHeads.OfAsync(connection, [tenant], Ct)).Values, Ct);
        Assert.Equal([new AuditFault(tenant, Enum.Parse<AuditFaultKind>(kind), at)], await FaultsAsync(tenant));
    }

    [Fact]
    public async Task Chain_that_lost_its_beginning_by_right_goes_on_being_anchored()
    {
        const string Tenant = "pruned";
        var sealing = Sealing();
        await WriteAsync(Tenant, 5);
        await sealing.SealAllAsync(Ct);
        await sealing.AnchorAsync(Ct);

        // Its last head has had its time, a new entry comes, and all before goes ere that one's head is written.
        _time.Advance(TimeSpan.FromDays(40));
        await WriteAsync(Tenant, 1);
        await sealing.SealAllAsync(Ct);
        var options = new AuditOptions { Anchors = _folder, KeepDays = 30 };
        using (var retention = new AuditRetention(database.Sources, Anchors(), options, _time, NullLogger<AuditRetention>.Instance)) Assert.Equal(5, await retention.SweepAsync(Ct));
        await sealing.AnchorAsync(Ct);
        Assert.DoesNotContain("Error 2008", _logs.All, StringComparison.Ordinal);
        Assert.Contains(Heads(Tenant), h => h.Contains("\"sequence\":6", StringComparison.Ordinal));
        Assert.Empty(await FaultsAsync(Tenant));

        // Without what is kept outside the database, that is deletion, and is told by whoever begins then.
        File.Delete(Path.Combine(_folder, "audit-beginnings.jsonl"));
        foreach (var file in Directory.GetFiles(_folder).Order(StringComparer.Ordinal).Skip(1)) File.Delete(file);
        await Sealing().AnchorAsync(Ct);
        Assert.Contains($"Error 2008 The audit log of tenant {Tenant} no longer holds entry 5,", _logs.All, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private AuditAnchors Anchors() => new(new AuditOptions { Anchors = _folder }, _time, NullLogger<AuditAnchors>.Instance);

    private AuditSealing Sealing() => new(new AuditSealer(database.Sources), Anchors(), database.Sources, new AuditOptions { Anchors = _folder }, Meters(), _time, new Logger<AuditSealing>(LoggerFactory.Create(b => b.AddProvider(_logs))));

    /// <summary>Whose counter of lost heads is listened to.</summary>
    private IMeterFactory Meters()
    {
        var meters = _metrics.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == "datasync.audit.lost_heads") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _lost, value));
        _listener.Start();
        return meters;
    }

    private async Task WriteAsync(string tenant, int entries)
    {
        await using var transaction = await TestJobs.TenantsOf(database.Sources).BeginAsync(tenant, Ct);
        for (var i = 0; i < entries; i++) await AuditInsert.AddAsync(transaction, AuditRig.Entry(tenant, "w", i), Ct);
        await transaction.CommitAsync(Ct);
    }

    private async Task TamperAsync(string sql)
    {
        await using var tamper = database.Superuser.CreateCommand("SET session_replication_role = replica; " + sql + "; SET session_replication_role = DEFAULT");
        Assert.True(await tamper.ExecuteNonQueryAsync(Ct) > 0, sql);
    }

    /// <summary>The tenant's lines of the heads' files.</summary>
    private List<string> Heads(string tenant) => [.. Directory.GetFiles(_folder, "audit-heads-*").SelectMany(File.ReadLines).Where(l => l.Contains($"\"{tenant}\"", StringComparison.Ordinal))];

    private async Task<List<AuditFault>> FaultsAsync(string tenant)
    {
        List<AuditFault> faults = [];
        await new AuditVerifier(database.Sources, Anchors()).VerifyAsync(
            fault =>
            {
                if (string.Equals(fault.TenantId, tenant, StringComparison.Ordinal)) faults.Add(fault);
                return Task.CompletedTask;
            },
            Ct);
        return faults;
    }
}
