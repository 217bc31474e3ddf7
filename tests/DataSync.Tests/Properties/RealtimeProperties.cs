using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Process.Realtime;
using DataSync.Tests.Process.Realtime;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Properties;

/// <summary>Memory of realtime runs: what comes in comes out, nothing stays, and what does not fit has no effect.</summary>
public sealed class RealtimeProperties
{
    private static readonly JsonElement Tagging = JsonElement.Parse("""{"business_rules":[{"id":"r","when":true,"then":[{"tag":"t"}]}]}""");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 8: For any data processed in real-time mode, the data should never be written to PostgreSQL, and should be cleared from memory
    // after export.
    [Property(MaxTest = 150)]
    [Trait("Property", "8")]
    public Property Records_come_back_as_they_were_and_the_memory_is_given_back()
        => Prop.ForAll(
            (from documents in ExportGenerators.Document.ListOf()
             from size in Gen.Choose(1, 7)
             from batchBytes in Gen.Elements(1, 40, 200_000)
             select (documents, size, batchBytes)).ToArbitrary(),
            async given =>
            {
                using var rig = new RealtimeRig { Records = [.. given.documents], BatchSize = given.size };
                var held = 0L;
                var (answer, outcome) = await rig.RunAsync(Ct, last: (_, _) =>
                {
                    held = rig.Memory.Held;
                    return Task.CompletedTask;
                });
                Assert.Empty(outcome.Exports);
                Assert.Equal("[" + string.Join(",", given.documents.Select(d => "\n" + d)) + "]", answer);
                Assert.True(held >= given.documents.Sum(d => Encoding.UTF8.GetByteCount(d)), "what is held is counted");
                Assert.Equal(0, rig.Memory.Held);
                Assert.Equal(given.documents.Count, rig.Progress.Processed);
                Assert.False(Directory.Exists(rig.Root), "an inline export writes no file");
            });

    // Feature: data-sync-pipeline, Property 10: For any real-time data that exceeds the configured memory limit, the system should reject the request before processing and
    // return a clear error message indicating the limit.
    [Property(MaxTest = 120)]
    [Trait("Property", "10")]
    public Property Records_beyond_the_limit_are_refused_before_one_is_refined_or_exported()
        => Prop.ForAll(
            (from slabs in Gen.Choose(4, 40)
             from share in Gen.Elements(25, 50, 100)
             from record in Gen.Choose(10, 90_000)
             from factor in Gen.Choose(1, 30)
             select (Limit: slabs * (long)SlabPool.SlabBytes, share, record, Bytes: slabs * (long)SlabPool.SlabBytes * factor / 10)).ToArbitrary(),
            async given =>
            {
                var one = $"{{\"x\":\"{new string('x', given.record)}\"}}";
                var count = (int)(given.Bytes / one.Length) + 1;
                using var rig = new RealtimeRig(given.Limit, given.share) { Records = [.. Enumerable.Repeat(one, count)], BatchSize = 1 };
                rig.Plan = rig.Plan with { RefinementConfig = Tagging };
                var limit = given.Limit / 100 * given.share;
                var payload = (long)count * one.Length;
                try
                {
                    await rig.RunAsync(Ct);
                    Assert.True(payload <= limit, $"{payload} bytes were taken in under a limit of {limit}");
                    Assert.Equal(count, rig.Refined);
                }
                catch (SyncFailureException e)
                {
                    Assert.Equal("errors.realtime.too_large", e.Failure.MessageKey);
                    Assert.Equal(limit, e.Failure.Params!["limit"]);
                    Assert.True((long)e.Failure.Params["size"]! > limit);
                    if (payload > limit) Assert.Equal(0, rig.Refined);
                    Assert.Equal(0, rig.Progress.Exported);
                }

                Assert.Equal(0, rig.Memory.Held);
                Assert.False(Directory.Exists(rig.Root));
            });
}
