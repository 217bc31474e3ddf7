using System.Text;
using System.Text.Json;
using DataSync.Export.Coco.Checking;
using DataSync.Pipeline;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Export.Coco;

/// <summary>Whatever records hold, our own check finds nothing in what becomes of them but what the report counts, and the report's sums hold.</summary>
public class CocoOwnFindings
{
    private const string Options = """
        {"categories":["cat",{"name":"person","keypoints":["nose","eye"],"skeleton":[[1,2]]},{"name":"bird","keypoints":["beak","eye "]}],"annotators":"ANNOTATORS","box_polygons":BOXES,"attributes":ATTRIBUTES}
        """;

    // Feature: data-sync-pipeline, Property 17: For any image annotation data exported to COCO format, the output should conform to the
    // COCO JSON schema with valid images, annotations, and categories sections.
    [FsCheck.Xunit.Property(MaxTest = 300)]
    [Trait("Property", "17")]
    public Property Export_has_no_findings_of_our_own_check_and_every_item_is_accounted_for()
        => Prop.ForAll(
            (from seed in Gen.Choose(0, int.MaxValue) from records in Gen.Choose(1, 8) from batch in Gen.Choose(1, 8) select (seed, records, batch)).ToArbitrary(),
            c =>
            {
                var random = new Random(c.seed);
                var writer = new CocoRecordWriter(random);
                using var rig = new ExportRig { Plan = Plan(random) };
                rig.RunAsync([.. Enumerable.Range(0, c.records).Select(writer.Record)], batchSize: c.batch).GetAwaiter().GetResult();
                var text = rig.Read("coco.json");
                var report = JsonElement.Parse(rig.Read("coco-report.json"));
                using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
                var found = CocoCheck.RunAsync(stream, CancellationToken.None).GetAwaiter().GetResult();
                var unsaid = found.Kept.ToLookup(f => f.MessageKey, StringComparer.Ordinal);
                Assert.Equal(report.Count("images_without_size") * 2, unsaid["coco.image_side"].Count());
                Assert.Equal(report.Count("images_without_name"), unsaid["coco.file_name"].Count());
                Assert.Empty(found.Kept.Where(f => f.MessageKey is not ("coco.image_side" or "coco.file_name")).Select(f => $"{f.Path} {f.MessageKey}"));
                Assert.Equal((c.records, report.Count("annotations")), (found.Images, found.Annotations));
                var refused = report.GetProperty("not_exported").EnumerateObject().Sum(r => r.Value.GetProperty("items").GetInt64());
                Assert.Equal(writer.Items, report.Count("items_in"));
                Assert.Equal(report.Count("items_in"), report.Count("annotations") - report.Count("from_further_labels") + report.Count("part_of_another") + refused);
            });

    private static SyncPlan Plan(Random random) => new()
    {
        OutputFormats = ["coco"],
        Export = new ExportPlan
        {
            Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                ["coco"] = JsonElement.Parse(Options.Replace("ANNOTATORS", random.Next(2) == 0 ? "one" : "all", StringComparison.Ordinal)
                    .Replace("BOXES", random.Next(2) == 0 ? "true" : "false", StringComparison.Ordinal).Replace("ATTRIBUTES", random.Next(2) == 0 ? "true" : "false", StringComparison.Ordinal)),
            },
        },
    };
}

file static class ReportText
{
    public static long Count(this JsonElement report, string name) => report.GetProperty(name).GetInt64();
}
