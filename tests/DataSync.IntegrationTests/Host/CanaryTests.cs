using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DataSync.IntegrationTests.Sources;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>A value nobody else has goes through realtime in every way there is, and is then looked for everywhere.</summary>
[Collection(nameof(WholeSystem))]
public sealed class CanaryTests(EndToEndTests.System system)
{
    private readonly string _canary = $"canary-{Guid.NewGuid():N}";
    private readonly DateTime _began = DateTime.UtcNow.AddSeconds(-2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Realtime_payload_is_found_in_no_table_log_or_file()
    {
        await using (var source = NpgsqlDataSource.Create(system.Running.SourceDatabase))
        {
            await using var make = source.CreateCommand($"CREATE TABLE secrets AS SELECT i AS id, '{_canary}' || i AS value FROM generate_series(1, 3000) i");
            await make.ExecuteNonQueryAsync(Ct);
        }

        using var client = system.Running.Client("canary");
        await client.PostAsync("api/sources", system.Running.Source("s", new { table = "secrets" }), HttpStatusCode.Created, Ct);
        var rules = JsonElement.Parse("""
            {"business_rules":[{"id":"copy","then":[{"set":{"copy":{"var":"value"}}},{"tag":"t"}]},
                               {"id":"odd","when":{"==":[{"%":[{"var":"id"},2]},1]},"then":[{"reject":{"code":"ODD","message":"odd"}}]},
                               {"id":"cast","when":{"==":[{"var":"id"},8]},"then":[{"cast":{"value":"integer"}}]}]}
            """);

        // Whole, with refused records and a failed cast; by key, and repeated; broken off; failing in the source on the value itself.
        var answer = await client.PostAsync("api/sync/start", Start(rules), HttpStatusCode.OK, Ct);
        Assert.Equal(1499, answer.GetProperty("data").GetArrayLength());
        Assert.Equal(1501, answer.GetProperty("rejections").GetArrayLength());
        Assert.Contains(_canary, answer.GetRawText(), StringComparison.Ordinal);
        client.DefaultRequestHeaders.Add("Idempotency-Key", "k");
        await client.PostAsync("api/sync/start", Start(rules), HttpStatusCode.OK, Ct);
        Assert.DoesNotContain(_canary, (await client.PostAsync("api/sync/start", Start(rules), HttpStatusCode.OK, Ct)).GetRawText(), StringComparison.Ordinal);
        client.DefaultRequestHeaders.Remove("Idempotency-Key");
        using (var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Ct))
        {
            var call = client.PostAsJsonAsync("api/sync/start", Start(rules, "SELECT *, pg_sleep(0.01)::text FROM secrets"), hangUp.Token);
            await Task.Delay(400, Ct);
            await hangUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        var problem = await client.PostAsync("api/sync/start", Start(rules, "SELECT value::integer FROM secrets"), HttpStatusCode.UnprocessableEntity, Ct);
        Assert.DoesNotContain(_canary, problem.GetRawText(), StringComparison.Ordinal);

        var tables = await TableDump.ReadAsync(system.Running.Database, Ct);
        Assert.All(TableDump.Spellings(_canary), spelling => Assert.DoesNotContain(spelling, tables, StringComparison.OrdinalIgnoreCase));
        Assert.All(system.Running.Processes, process => Assert.DoesNotContain(_canary, process.Log, StringComparison.Ordinal));
        Assert.Empty(FilesWithCanary(system.Running.ExportRoot));
        Assert.Empty(FilesWithCanary(system.Running.TempFolder));

        // The search itself finds what is there: the same by way of the database, and a realtime export to files.
        await client.EndAsync(await client.StartAsync(new { source_id = "s" }, Ct), Ct);
        Assert.Contains(_canary, await TableDump.ReadAsync(system.Running.Database, Ct), StringComparison.Ordinal);
        Assert.NotEmpty(FilesWithCanary(system.Running.ExportRoot));
    }

    [Fact]
    public async Task Realtime_export_to_files_leaves_the_payload_there_alone()
    {
        using var client = system.Running.Client("canary-files");
        var query = $"SELECT upper('{_canary}') AS value";
        var value = _canary.ToUpperInvariant(); // the query itself is part of the job, its result is not
        await client.PostAsync("api/sources", system.Running.Source("s", new { query }), HttpStatusCode.Created, Ct);
        var job = await client.PostAsync("api/sync/start", new { source_id = "s", mode = "realtime", output_format = "jsonl" }, HttpStatusCode.OK, Ct);
        Assert.Contains(value, await client.ExportAsync(job.GetProperty("job_id").GetGuid(), "data.jsonl", Ct), StringComparison.Ordinal);
        Assert.DoesNotContain(value, await TableDump.ReadAsync(system.Running.Database, Ct), StringComparison.Ordinal);
        Assert.All(system.Running.Processes, process => Assert.DoesNotContain(value, process.Log, StringComparison.Ordinal));
    }

    private static object Start(JsonElement rules, string? query = null) => new
    {
        source_id = "s",
        mode = "realtime",
        extraction_params = query is null ? (object)new { } : new { query },
        refinement_config = rules,
        export_config = new { inline = true },
    };

    /// <summary>Files written since the test began that hold the canary. A pipe has no length, and reading one would wait for ever.</summary>
    private List<string> FilesWithCanary(string folder)
    {
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        List<string> found = [];
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", everywhere).Where(f => f.LastWriteTimeUtc >= _began))
        {
            try
            {
                if (file.Length is > 0 and < 256 << 20 && File.ReadAllBytes(file.FullName).AsSpan().IndexOf(Encoding.UTF8.GetBytes(_canary)) >= 0) found.Add(file.FullName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // gone, or another's
            }
        }

        return found;
    }
}
