using System.Text.Json.Nodes;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline.Failures;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

public sealed class CredentialSecurityProperties(SystemDatabase database) : IClassFixture<SystemDatabase>, IAsyncDisposable
{
    private readonly SourcesRoom _room = new(database, MasterKey);
    private static readonly string MasterKey = SourcesRoom.NewKey("property");

    // Feature: data-sync-pipeline, Property 4: For any database credentials, encrypting then decrypting should produce equivalent credentials,
    // and stored credentials should never be readable in plaintext from the database.
    [Property(MaxTest = 100, Arbitrary = new[] { typeof(CredentialCases) })]
    [Trait("Property", "4")]
    public async Task Credentials_come_back_equal_are_nowhere_readable_and_open_nowhere_else(CredentialCase given)
    {
        var ct = CancellationToken.None;
        _room.Logs.Clear();
        await _room.CreateAsync(given.Tenant, given.SourceId, given.ConnectionParams, ct);
        await _room.CreateAsync(given.OtherTenant, given.SourceId, given.ConnectionParams.Replace(given.Marker, "other", StringComparison.Ordinal), ct);
        await _room.CreateAsync(given.Tenant, "x" + given.SourceId[1..], given.ConnectionParams.Replace(given.Marker, "other", StringComparison.Ordinal), ct);

        var opened = await _room.OpenAsync(given.Tenant, given.SourceId, ct);
        Assert.Equal(given.PasswordJson, opened.GetProperty("password").GetRawText());
        Assert.Equal(given.TokenJson, opened.GetProperty("token").GetRawText());

        var dump = await TableDump.ReadAsync(database, ct);
        Assert.Contains("$sealed", dump, StringComparison.Ordinal);
        foreach (var spelling in TableDump.Spellings(given.Marker)) Assert.DoesNotContain(spelling, dump, StringComparison.Ordinal);
        foreach (var spelling in TableDump.Spellings(MasterKey.Split(':')[1])) Assert.DoesNotContain(spelling, dump, StringComparison.Ordinal);

        await TamperAsync(given, ct);
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => _room.OpenAsync(given.Tenant, given.SourceId, ct));
        Assert.Equal("errors.encryption.unreadable", refused.Failure.MessageKey);
        Assert.DoesNotContain(given.Marker, refused + _room.Logs.All, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    /// <summary>Does to the row what someone who can write the database but has no key could try.</summary>
    private async Task TamperAsync(CredentialCase given, CancellationToken ct)
    {
        var stored = JsonNode.Parse(await ScalarAsync<string>("SELECT connection_params::text FROM data_source_configs WHERE tenant_id = $1 AND source_id = $2", ct, given.Tenant, given.SourceId))!.AsObject();
        switch (given.Tampering)
        {
            case 0:
                await CopyFromAsync(given, given.OtherTenant, given.SourceId, ct);
                return;
            case 1:
                await CopyFromAsync(given, given.Tenant, "x" + given.SourceId[1..], ct);
                return;
            case 2:
                (stored["password"], stored["token"]) = (stored["token"]!.DeepClone(), stored["password"]!.DeepClone());
                break;
            case 3:
                await ScalarAsync<int>("UPDATE data_source_configs SET version = version + 1 WHERE tenant_id = $1 AND source_id = $2 RETURNING 1", ct, given.Tenant, given.SourceId);
                return;
            case 4:
                stored["host"] = "elsewhere.example";
                break;
            case 5:
                stored["password"] = "a plain one";
                break;
            case 6:
                await ScalarAsync<int>("UPDATE tenant_keys SET wrapped_key = (SELECT wrapped_key FROM tenant_keys WHERE tenant_id = $2) WHERE tenant_id = $1 RETURNING 1", ct, given.Tenant, given.OtherTenant);
                await using (var fresh = new SourcesRoom(database, MasterKey))
                    Assert.Equal("errors.encryption.unreadable", (await Assert.ThrowsAsync<SyncFailureException>(() => fresh.OpenAsync(given.Tenant, given.SourceId, ct))).Failure.MessageKey);
                goto default;
            default:
                var value = Convert.FromBase64String(stored["password"]!["$sealed"]!.GetValue<string>());
                value[given.Position / 8 % value.Length] ^= (byte)(1 << (given.Position % 8));
                stored["password"]!["$sealed"] = Convert.ToBase64String(value);
                break;
        }

        await ScalarAsync<int>("UPDATE data_source_configs SET connection_params = $3::json WHERE tenant_id = $1 AND source_id = $2 RETURNING 1", ct, given.Tenant, given.SourceId, stored.ToJsonString());
    }

    private Task CopyFromAsync(CredentialCase given, string tenant, string sourceId, CancellationToken ct) => ScalarAsync<int>(
        "UPDATE data_source_configs SET connection_params = (SELECT connection_params FROM data_source_configs WHERE tenant_id = $3 AND source_id = $4) WHERE tenant_id = $1 AND source_id = $2 RETURNING 1",
        ct, given.Tenant, given.SourceId, tenant, sourceId);

    private async Task<T> ScalarAsync<T>(string sql, CancellationToken ct, params string[] values)
    {
        await using var command = database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.AddWithValue(value);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }
}
