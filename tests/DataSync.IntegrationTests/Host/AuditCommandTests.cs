using System.Globalization;
using System.Net;
using DataSync.Platform.Audit;
using DataSync.Platform.Audit.Chain;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary><c>audit-verify</c> as a process, on what an API wrote: before and after somebody with the database in hand was at it.</summary>
public sealed class AuditCommandTests : IAsyncLifetime
{
    private static readonly string[] Tenants = ["a", "租户 b"];
    private readonly string _anchors = Directory.CreateTempSubdirectory("datasync-anchors-").FullName;
    private readonly RunningSystem _system = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _system.Settings.AddRange([("DATASYNC_AUDIT_ANCHORS", _anchors), ("DATASYNC_AUDIT_ANCHOR_SECONDS", "1")]);
        await _system.InitializeAsync();
        foreach (var tenant in Tenants)
        {
            using var client = _system.Client(tenant);
            foreach (var source in (string[])["s1", "s2", "s3"]) await client.PostAsync("api/sources", _system.Source(source, new { table = "things" }), HttpStatusCode.Created, Ct);
        }

        // Until all of it is chained and the last head of each is outside the database; then nobody writes any more.
        var anchors = new AuditAnchors(new AuditOptions { Anchors = _anchors }, TimeProvider.System, NullLogger<AuditAnchors>.Instance);
        await RunningSystem.WaitAsync("the heads to be written", async () =>
        {
            var known = await anchors.MeasureAsync(Ct);
            return await NumberAsync("SELECT count(*) FROM audit_pending") == 0 && (await LastAsync()).All(last => last.Sequence >= 3 && known.GetValueOrDefault(last.Tenant).Furthest == last.Sequence);
        }, Ct);
        await _system.Processes[0].KillAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        Directory.Delete(_anchors, recursive: true);
    }

    [Fact]
    public async Task Whole_log_ends_with_0_and_one_that_was_tampered_with_ends_with_1_and_says_where()
    {
        var entries = await NumberAsync("SELECT count(*) FROM audit_log");
        var whole = await _system.RunAsync(["audit-verify"], Ct);
        Assert.Equal((0, $"2 tenants, {entries} entries, 2 anchors: 0 broken."), (whole.ExitCode, whole.Said));

        var last = (await LastAsync()).Single(l => l.Tenant == Tenants[1]).Sequence;
        await TamperAsync($"UPDATE audit_log SET actor = 'mallory' WHERE tenant_id = 'a' AND sequence = 2; DELETE FROM audit_log WHERE tenant_id = '{Tenants[1]}' AND sequence = {last}");
        var broken = await _system.RunAsync(["audit-verify"], Ct);
        Assert.Equal(1, broken.ExitCode);
        Assert.Equal(
            ["Tenant a: entry 2 of the audit log is not what was written.", $"Tenant 租户 b: the audit log ends before entry {last}, but a later one was known outside the database.", $"2 tenants, {last} entries, 2 anchors: 2 broken."],
            broken.Said.Split('\n'));

        // In the language of the terminal; what was cut off is known by the heads outside the database alone.
        var unanchored = await _system.RunAsync(["audit-verify"], Ct, ("LANG", "zh_CN.UTF-8"), ("DATASYNC_AUDIT_ANCHORS", ""));
        Assert.Equal((1, $"租户 a：审计日志第 2 条记录与写入时的内容不符。\n2 个租户，{last} 条记录，0 个锚点：1 个不完整。"), (unanchored.ExitCode, unanchored.Said));
    }

    /// <summary>As a superuser, past the triggers that refuse it.</summary>
    private async Task TamperAsync(string sql)
    {
        await using var connection = await _system.Database.Superuser.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using (var tamper = new NpgsqlCommand("SET LOCAL session_replication_role = replica;" + sql, connection)) Assert.Equal(2, await tamper.ExecuteNonQueryAsync(Ct));
        await transaction.CommitAsync(Ct);
    }

    /// <summary>The last number of each tenant's chain.</summary>
    private async Task<List<(string Tenant, long Sequence)>> LastAsync()
    {
        await using var read = _system.Database.Superuser.CreateCommand("SELECT tenant_id, max(sequence) FROM audit_log GROUP BY tenant_id");
        await using var rows = await read.ExecuteReaderAsync(Ct);
        List<(string, long)> last = [];
        while (await rows.ReadAsync(Ct)) last.Add((rows.GetString(0), rows.GetInt64(1)));
        return last;
    }

    private async Task<long> NumberAsync(string sql)
    {
        await using var command = _system.Database.Superuser.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Ct), CultureInfo.InvariantCulture);
    }
}
