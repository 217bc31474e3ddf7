using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>The operator's commands, as processes, on a database with sealed credentials of several tenants.</summary>
public sealed class KeyCommandTests : IAsyncLifetime
{
    private const string OldKey = "old";
    private static readonly string NewEntry = $"new:{Convert.ToBase64String(SHA256.HashData("the next master key"u8))}";
    private static readonly string OldEntry = $"{OldKey}:{RunningSystem.MasterKey}";
    private readonly RunningSystem _system = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _system.Settings.Add(("DATASYNC_MASTER_KEY", OldEntry));
        await _system.InitializeAsync();
        await using var source = NpgsqlDataSource.Create(_system.SourceDatabase);
        await using var make = source.CreateCommand("CREATE TABLE things (id bigint PRIMARY KEY); INSERT INTO things VALUES (1), (2)");
        await make.ExecuteNonQueryAsync(Ct);
        foreach (var tenant in (string[])["a", "b", "租户 c"])
        {
            using var client = _system.Client(tenant);
            await client.PostAsync("api/sources", _system.Source("s1", new { table = "things" }), HttpStatusCode.Created, Ct);
            await client.PostAsync("api/sources", _system.Source("s2", new { table = "things" }), HttpStatusCode.Created, Ct);
        }
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task Rotate_master_key_wraps_every_data_key_anew_and_the_old_one_can_go()
    {
        var sealedBefore = await ColumnAsync("SELECT connection_params::text FROM data_source_configs ORDER BY tenant_id, source_id");
        var refused = await _system.RunAsync(["rotate-master-key"], Ct, ("DATASYNC_MASTER_KEY", NewEntry));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("DATASYNC_MASTER_KEY", refused.Log, StringComparison.Ordinal);
        Assert.Contains(OldKey, refused.Log, StringComparison.Ordinal);
        Assert.Equal([OldKey, OldKey, OldKey], await ColumnAsync("SELECT master_key_id FROM tenant_keys"));

        // A tenant that fails does not keep the others back.
        var (whole, set) = (await ColumnAsync("SELECT encode(wrapped_key, 'hex') FROM tenant_keys WHERE tenant_id = 'a'"), "UPDATE tenant_keys SET wrapped_key = decode('{0}', 'hex') WHERE tenant_id = 'a' RETURNING ''");
        await ColumnAsync(string.Format(CultureInfo.InvariantCulture, set, new string('0', whole[0].Length)));
        var partly = await _system.RunAsync(["rotate-master-key"], Ct, ("DATASYNC_MASTER_KEY", $"{NewEntry},{OldEntry}"));
        Assert.Equal((1, "2 data keys wrapped again, 1 tenant failed."), (partly.ExitCode, partly.Said));
        Assert.Equal([OldKey, "new", "new"], await ColumnAsync("SELECT master_key_id FROM tenant_keys ORDER BY tenant_id"));
        await ColumnAsync(string.Format(CultureInfo.InvariantCulture, set, whole[0]));

        var rotated = await _system.RunAsync(["rotate-master-key"], Ct, ("DATASYNC_MASTER_KEY", $"{NewEntry},{OldEntry}"));
        Assert.Equal((0, "1 data key wrapped again, 0 tenants failed."), (rotated.ExitCode, rotated.Said));
        Assert.Equal(["new", "new", "new"], await ColumnAsync("SELECT master_key_id FROM tenant_keys"));
        Assert.Equal(sealedBefore, await ColumnAsync("SELECT connection_params::text FROM data_source_configs ORDER BY tenant_id, source_id"));

        // In the language of the terminal.
        var again = await _system.RunAsync(["rotate-master-key"], Ct, ("DATASYNC_MASTER_KEY", $"{NewEntry},{OldEntry}"), ("LANG", "zh_CN.UTF-8"));
        Assert.Equal((0, "已用新的主密钥重新加密 0 个数据密钥，0 个租户失败。"), (again.ExitCode, again.Said));

        Assert.Equal(["a command rotate-master-key succeeded", "b command rotate-master-key succeeded", "租户 c command rotate-master-key succeeded"], await ColumnAsync(Entries("action = 'key.rewrap'")));
        _system.Start("worker", ("DATASYNC_MASTER_KEY", NewEntry));
        foreach (var tenant in (string[])["a", "b", "租户 c"]) await SyncsAsync(tenant, "s1", "s2");
        AssertNoKeyShown();
    }

    [Fact]
    public async Task Rotate_data_key_moves_one_tenants_credentials_to_a_new_key_and_removes_the_old_one()
    {
        var others = await ColumnAsync("SELECT connection_params::text FROM data_source_configs WHERE tenant_id <> '租户 c' ORDER BY 1");
        var before = await ColumnAsync("SELECT connection_params -> 'password' ->> '$sealed' FROM data_source_configs WHERE tenant_id = '租户 c'");
        var rotated = await _system.RunAsync(["rotate-data-key", "租户 c"], Ct);
        Assert.Equal((0, "2 sources moved to the new key, 0 do not open and were left."), (rotated.ExitCode, rotated.Said));
        Assert.Equal(["2"], await ColumnAsync("SELECT key_id::text FROM tenant_keys WHERE tenant_id = '租户 c'"));
        Assert.Equal(["1", "1"], await ColumnAsync("SELECT key_id::text FROM tenant_keys WHERE tenant_id <> '租户 c'"));
        Assert.Equal(others, await ColumnAsync("SELECT connection_params::text FROM data_source_configs WHERE tenant_id <> '租户 c' ORDER BY 1"));
        Assert.Empty(before.Intersect(await ColumnAsync("SELECT connection_params -> 'password' ->> '$sealed' FROM data_source_configs WHERE tenant_id = '租户 c'")));
        Assert.Equal(["租户 c command rotate-data-key succeeded"], await ColumnAsync(Entries("action = 'key.rotate'")));
        _system.Start("worker");
        await SyncsAsync("租户 c", "s1", "s2");
        await SyncsAsync("a", "s1");

        // What does not open stays, with its key.
        await ColumnAsync("UPDATE data_source_configs SET version = version + 7 WHERE tenant_id = 'a' AND source_id = 's1' RETURNING ''");
        var partly = await _system.RunAsync(["rotate-data-key", "a"], Ct);
        Assert.Equal((1, "1 source moved to the new key, 1 does not open and was left."), (partly.ExitCode, partly.Said));
        Assert.Equal(["1", "2"], await ColumnAsync("SELECT key_id::text FROM tenant_keys WHERE tenant_id = 'a' ORDER BY key_id"));
        await SyncsAsync("a", "s2");

        var nobody = await _system.RunAsync(["rotate-data-key", "nobody"], Ct);
        Assert.Equal((1, "Tenant 'nobody' has no data key: nothing was rotated. Check the tenant's id."), (nobody.ExitCode, nobody.Said));
        var chinese = await _system.RunAsync(["rotate-data-key", "nobody"], Ct, ("LANG", "zh_CN.UTF-8"));
        Assert.Equal((1, "租户 “nobody” 没有数据密钥，未轮换任何内容。请检查租户 ID。"), (chinese.ExitCode, chinese.Said));
        Assert.Empty(await ColumnAsync("SELECT tenant_id FROM tenant_keys WHERE tenant_id = 'nobody'"));
        AssertNoKeyShown();
    }

    /// <summary>Entries of the audit log, chained already or not.</summary>
    private static string Entries(string where) => $"""
        SELECT tenant_id || ' ' || actor_kind || ' ' || actor || ' ' || outcome FROM (SELECT tenant_id, actor_kind, actor, action, outcome FROM audit_log UNION ALL SELECT tenant_id, actor_kind, actor, action, outcome FROM audit_pending) e
        WHERE {where} ORDER BY 1
        """;

    /// <summary>Each source's credentials open in the worker: its table is synced with them.</summary>
    private async Task SyncsAsync(string tenant, params string[] sources)
    {
        using var client = _system.Client(tenant);
        foreach (var source in sources)
        {
            var job = await client.EndAsync(await client.StartAsync(new { source_id = source, output_format = "jsonl" }, Ct), Ct);
            Assert.Equal(("completed", 2), (job.GetProperty("status").GetString(), job.GetProperty("record_count").GetInt32()));
        }
    }

    private void AssertNoKeyShown()
    {
        foreach (var entry in (string[])[OldEntry, NewEntry])
            Assert.All(_system.Processes, p => Assert.DoesNotContain(entry.Split(':')[1], p.Log, StringComparison.Ordinal));
    }

    private async Task<List<string>> ColumnAsync(string sql)
    {
        await using var command = _system.Database.Superuser.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync(Ct);
        List<string> values = [];
        while (await rows.ReadAsync(Ct)) values.Add(rows.GetString(0));
        return values;
    }
}
