using System.Net;
using System.Net.Http.Json;
using DataSync.IntegrationTests.Host;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Several sources of a tenant read at once, over HTTP against the running system.</summary>
public sealed class ConcurrencyProperties(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 2: For any tenant with multiple configured data sources, running extractors concurrently should not cause data corruption,
    // conflicts, or failures in any individual extractor.
    [Property(MaxTest = 100)]
    [Trait("Property", "2")]
    public Property Sources_read_at_once_give_each_its_own_records_and_a_broken_one_harms_none()
        => Prop.ForAll(
            (from sizes in Gen.Choose(2, 4).SelectMany(n => Gen.Choose(0, 40).ListOf(n))
             from broken in Gen.Choose(-3, 3)
             select (sizes: sizes.ToArray(), broken)).ToArbitrary(),
            async given =>
            {
                using var client = system.Running.Client("at once");
                var starts = await Task.WhenAll(given.sizes.Select(async (size, i) =>
                {
                    using var make = await client.PostAsJsonAsync("api/sources", system.Running.Source($"source {i}", new { table = "things" }), Ct);
                    Assert.Contains(make.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]);
                    var query = i == given.broken ? $"SELECT 1 / (id - 1) AS id FROM things WHERE id <= {size + 1}" : $"SELECT {i} AS source, id FROM things WHERE id <= {size} ORDER BY id";
                    return await client.StartAsync(new { source_id = $"source {i}", extraction_params = new { query }, output_format = "jsonl" }, Ct);
                }));
                var jobs = await Task.WhenAll(starts.Select(id => client.EndAsync(id, Ct)));
                for (var i = 0; i < jobs.Length; i++)
                {
                    if (i == given.broken)
                    {
                        Assert.Equal("failed", jobs[i].GetProperty("status").GetString());
                        continue;
                    }

                    Assert.True(jobs[i].GetProperty("status").GetString() == "completed", jobs[i].GetRawText());
                    Assert.Equal(given.sizes[i], jobs[i].GetProperty("record_count").GetInt32());
                    var lines = (await client.ExportAsync(starts[i], "data.jsonl", Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                    Assert.Equal(Enumerable.Range(1, given.sizes[i]).Select(n => $"{{\"source\":{i},\"id\":{n}}}"), lines);
                }
            });
}
