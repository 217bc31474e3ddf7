using System.Text.Json;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Postgres;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Process.Realtime;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Realtime pushes through the whole of an API process, on a real database that is searched after each.</summary>
public sealed class RealtimeStorageProperties(EndToEndTests.System system) : IClassFixture<EndToEndTests.System>, IAsyncLifetime
{
    private static readonly string[] Ends = ["answered", "refused in part", "a rule fails", "to files", "hung up", "not JSON", "too large"];
    private InProcessHost _host = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await InProcessHost.StartAsync(system.Running, Ct, ("SYNC_REALTIME_MAX_MEMORY_MB", "4"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    // Feature: data-sync-pipeline, Property 8: For any data processed in real-time mode, the data should never be written to PostgreSQL, and should be cleared from memory
    // after export.
    [Property(MaxTest = 100)]
    [Trait("Property", "8")]
    public Property Nothing_of_a_realtime_payload_is_in_any_table_and_its_memory_is_given_back_however_it_ends()
        => Prop.ForAll(
            (from documents in JsonGenerators.Document.NonEmptyListOf() from end in Gen.Elements(Ends) select (documents, end)).ToArbitrary(),
            async given =>
            {
                using var client = system.Running.Client("never stored");
                using var made = await client.PostAsync("api/sources", System.Net.Http.Json.JsonContent.Create(system.Running.Source("s", new { table = "things" })), Ct);
                var canary = $"canary{Guid.NewGuid():n}";
                var filler = given.end == "too large" ? new string('x', 3 << 20) : "";
                var records = given.documents.Select((d, i) => $"{{\"i\":{i},\"secret\":\"{canary}{(i == 0 ? filler : "")}\",\"{canary}\":{d}}}");
                var payload = $"[{string.Join(',', records)}]{(given.end == "not JSON" ? canary : "")}";
                using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
                if (given.end == "hung up") hangUp.CancelAfter(TimeSpan.FromMilliseconds(given.documents.Count % 12));
                try
                {
                    var (_, answer) = await _host.RealtimeAsync(InProcessHost.Push("never stored", Plan(given.end), payload), hangUp.Token);
                    Assert.Contains(given.end, Ends[..5]);
                    if (given.end != "to files") Assert.Contains(canary, answer, StringComparison.Ordinal);
                }
                catch (SyncFailureException e)
                {
                    // The generator's own documents are at times too large as well.
                    if (e.Failure.MessageKey == "errors.push.not_json") Assert.Equal("not JSON", given.end);
                    else Assert.Equal(("errors.realtime.too_large", true), (e.Failure.MessageKey, payload.Length > 100_000));
                    Assert.DoesNotContain(canary, JsonSerializer.Serialize(e.Failure.Params), StringComparison.Ordinal);
                }
                catch (OperationCanceledException)
                {
                    Assert.Equal("hung up", given.end);
                }

                Assert.Equal(0, _host.Get<RealtimeMemory>().Held);
                var tables = await TableDump.ReadAsync(system.Running.Database, Ct);
                Assert.All(TableDump.Spellings(canary), spelling => Assert.DoesNotContain(spelling, tables, StringComparison.OrdinalIgnoreCase));
            });

    private static SyncPlan Plan(string end) => new()
    {
        Mode = SyncModes.Realtime,
        Export = new ExportPlan { Inline = end != "to files" },
        OutputFormats = ["json"],
        RefinementConfig = JsonElement.Parse(end switch
        {
            "refused in part" => """{"business_rules":[{"id":"r","when":{"==":[{"var":"i"},0]},"then":[{"reject":{"code":"R","message":"refused"}}]}]}""",
            "a rule fails" => """{"business_rules":[{"id":"r","then":[{"cast":{"secret":"integer"}}]}]}""",
            _ => "{}",
        }),
    };
}
