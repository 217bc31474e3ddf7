using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Tests.Export.Storage;
using Npgsql;

namespace DataSync.IntegrationTests.Host.Regions;

/// <summary>Two regions as they run: each with a process that is API and worker, a database, a folder and a master key of its own. They share the issuer of tokens and nothing else.</summary>
public class TwoRegions : IAsyncLifetime
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public RunningSystem Eu { get; } = new();

    public RunningSystem Us { get; } = new();

    public virtual async ValueTask InitializeAsync()
    {
        var list = $"eu={Eu.Reserve()},us={Us.Reserve()}";
        foreach (var (system, name) in new[] { (Eu, "eu"), (Us, "us") })
        {
            system.Settings.AddRange(
                [("DATASYNC_ROLE", "all"), ("DATASYNC_REGION", name), ("DATASYNC_REGIONS", list), ("DATASYNC_WEBHOOK_DRAIN_SECONDS", "0"), ("DATASYNC_MASTER_KEY", Convert.ToBase64String(SHA256.HashData([(byte)name[0]])))]);
            await system.InitializeAsync();
            await using var source = NpgsqlDataSource.Create(system.SourceDatabase);
            await using var make = source.CreateCommand("CREATE TABLE things AS SELECT i AS id, 'marker-of-' || t || '-' || i AS name, t AS tenant FROM generate_series(1, 300) i, unnest(ARRAY['alpha', 'beta']) t");
            await make.ExecuteNonQueryAsync(Ct);

            // Each region's operator begins with a tenant of its own.
            await PlaceAsync(system, "ops-" + name, name, "ops-" + name);
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Eu.DisposeAsync();
        await Us.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The operator's client in a region.</summary>
    internal HttpClient Operator(RunningSystem system) => system.Client(system == Eu ? "ops-eu" : "ops-us", scope: "operator sync.read");

    /// <summary>Says in both regions where a tenant is.</summary>
    internal async Task PlaceAsync(string tenant, string region)
    {
        foreach (var system in new[] { Eu, Us }) await PlaceAsync(system, tenant, region, system == Eu ? "ops-eu" : "ops-us");
    }

    /// <summary>Changes a row as nobody may over the API: as where one region's database was put back in another one.</summary>
    internal static async Task ForceAsync(RunningSystem system, string tenant, string region)
    {
        await using var force = system.Database.Superuser.CreateCommand("UPDATE tenant_settings SET region = $2 WHERE tenant_id = $1");
        force.Parameters.AddWithValue(tenant);
        force.Parameters.AddWithValue(region);
        Assert.Equal(1, await force.ExecuteNonQueryAsync(Ct));
        using var client = system.Client(tenant);
        var here = region == (system.Settings.First(s => s.Name == "DATASYNC_REGION").Value);
        await RunningSystem.WaitAsync("the process to hear of it", async () => ((await client.GetAsync("api/sources", Ct)).StatusCode == HttpStatusCode.OK) == here, Ct);
    }

    private static async Task PlaceAsync(RunningSystem system, string tenant, string region, string by)
    {
        using var client = system.Client(by, scope: "operator");
        using var answer = await client.PutAsJsonAsync($"api/tenants/{tenant}/settings", new { region }, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal(region, JsonElement.Parse(text).GetProperty("region").GetString());
    }
}

/// <summary>The same with a bucket for each region instead of a folder.</summary>
public sealed class TwoRegionsWithBuckets : TwoRegions
{
    private readonly S3Server _eu = new(), _us = new();

    internal S3Server Bucket(RunningSystem system) => system == Eu ? _eu : _us;

    public override async ValueTask InitializeAsync()
    {
        foreach (var (system, server) in new[] { (Eu, _eu), (Us, _us) })
        {
            await server.InitializeAsync();
            var bucket = server.Options();
            system.Settings.AddRange([("DATASYNC_EXPORT_S3_BUCKET", bucket.Bucket), ("DATASYNC_EXPORT_S3_ENDPOINT", bucket.Endpoint), ("DATASYNC_EXPORT_S3_ACCESS_KEY", bucket.AccessKey), ("DATASYNC_EXPORT_S3_SECRET_KEY", bucket.SecretKey)]);
        }

        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _eu.DisposeAsync();
        await _us.DisposeAsync();
    }
}
