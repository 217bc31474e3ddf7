using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Tests.Export.Storage;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>The whole system with a bucket in place of a volume: what a worker exports there, the API serves.</summary>
public sealed class BucketTests(S3Server server) : IClassFixture<S3Server>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exports_land_in_the_bucket_and_are_downloaded_by_the_api_in_ranges_and_by_a_signed_link()
    {
        var bucket = server.Options();
        await using var running = new RunningSystem();

        // One process is API and worker: what it shares with itself is the bucket alone, since its disk is seen to hold nothing.
        running.Settings.AddRange(
            [("DATASYNC_ROLE", "all"), ("DATASYNC_EXPORT_S3_BUCKET", bucket.Bucket), ("DATASYNC_EXPORT_S3_ENDPOINT", bucket.Endpoint), ("DATASYNC_EXPORT_S3_ACCESS_KEY", bucket.AccessKey), ("DATASYNC_EXPORT_S3_SECRET_KEY", bucket.SecretKey)]);
        await running.InitializeAsync();
        await using (var source = NpgsqlDataSource.Create(running.SourceDatabase))
        {
            await using var make = source.CreateCommand("CREATE TABLE things AS SELECT i AS id, 'name ' || i AS name FROM generate_series(1, 5000) i");
            await make.ExecuteNonQueryAsync(Ct);
        }

        using var client = running.Client("bucket");
        await client.PostAsync("api/sources", running.Source("s", new { query = "SELECT id, name FROM things ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl" }, Ct);
        var job = await client.EndAsync(id, Ct);
        Assert.True(job.GetProperty("status").GetString() == "completed", job.GetRawText());
        var expected = string.Concat(Enumerable.Range(1, 5000).Select(i => $$"""{"id":{{i}},"name":"name {{i}}"}{{"\n"}}"""));
        Assert.Equal(expected, await client.ExportAsync(id, "data.jsonl", Ct));
        using (var part = new HttpRequestMessage(HttpMethod.Get, $"api/sync/jobs/{id}/exports/data.jsonl") { Headers = { Range = new RangeHeaderValue(100_000, 100_099) } })
        {
            using var answer = await client.SendAsync(part, Ct);
            Assert.Equal((HttpStatusCode.PartialContent, expected[100_000..100_100]), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct)));
        }

        // Exported again: into the bucket too, listed with the first, fetched by who has no token.
        var again = (await client.PostAsync($"api/sync/jobs/{id}/exports", new { output_format = "csv", export_config = new { compression = "gzip" } }, HttpStatusCode.Accepted, Ct)).GetProperty("job_id").GetGuid();
        await client.EndAsync(again, Ct);
        var listed = (await client.GetJsonAsync($"api/sync/jobs/{id}/exports", Ct)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["data.jsonl", "SHA256SUMS", "manifest.json", $"{again}.data.csv.gz", $"{again}.SHA256SUMS", $"{again}.manifest.json"], listed.Select(f => f.GetProperty("name").GetString()));
        using var nobody = new HttpClient { BaseAddress = client.BaseAddress };
        foreach (var file in listed)
        {
            var name = file.GetProperty("name").GetString()!;
            var link = (await client.PostAsync($"api/sync/jobs/{id}/exports/{name}/link", new { }, HttpStatusCode.OK, Ct)).GetProperty("url").GetString()!;
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(await nobody.GetByteArrayAsync(link[1..], Ct))));
        }

        // The bucket has them, the machine's own disk nothing.
        var keys = server.Keys().Where(k => k.Contains("bucket/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(listed.Select(f => f.GetProperty("path").GetString()).Order(StringComparer.Ordinal), keys);
        Assert.Empty(Directory.EnumerateFiles(running.ExportRoot, "*", SearchOption.AllDirectories));
        Assert.Equal("bucket", JsonElement.Parse(await client.GetStringAsync($"api/sync/jobs/{again}", Ct)).GetProperty("tenant_id").GetString());
    }
}
