using System.Text;
using System.Text.Json;
using DataSync.Export.Coco.Checking;
using DataSync.Tests.Export.Coco;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Images with whatever annotations they may have, from a PostgreSQL table into a COCO file, through the whole pipeline.</summary>
public sealed class PipelineCocoProperties(WholePipeline pipeline) : IClassFixture<WholePipeline>
{
    private const string Start = """
        {"output_format":"coco","processing_rules":{"batch_size":BATCH},
         "export_config":{"coco":{"categories":["cat",{"name":"person","keypoints":["nose","eye"],"skeleton":[[1,2]]},{"name":"bird","keypoints":["beak","eye "]}],"annotators":"all","attributes":true}}}
        """;

    // Feature: data-sync-pipeline, Property 17: For any image annotation data exported to COCO format, the output should conform to the
    // COCO JSON schema with valid images, annotations, and categories sections.
    [Property(MaxTest = 100)]
    [Trait("Property", "17")]
    public Property Rows_of_a_table_are_the_images_of_a_file_that_the_check_finds_nothing_wrong_with()
        => Prop.ForAll(
            (from seed in Gen.Choose(0, int.MaxValue) from rows in Gen.Choose(0, 12) from size in Gen.Choose(1, 15) select (seed, rows, size)).ToArbitrary(),
            async given =>
            {
                var writer = new CocoRecordWriter(new Random(given.seed));
                var data = SourceData.OfDocuments([.. Enumerable.Range(0, given.rows).Select(writer.Record)], ["file_name", "width", "height", "annotations"]);
                var files = (await pipeline.RunAsync(data, Start.Replace("BATCH", $"{given.size}", StringComparison.Ordinal), TestContext.Current.CancellationToken)).Files;
                using var text = new MemoryStream(Encoding.UTF8.GetBytes(files["coco.json"]));
                var found = await CocoCheck.RunAsync(text, TestContext.Current.CancellationToken);
                var report = JsonElement.Parse(files["coco-report.json"]);
                long Count(string name) => report.GetProperty(name).GetInt64();
                Assert.Equal((given.rows, Count("annotations")), (found.Images, found.Annotations));
                Assert.Equal(Count("images_without_size") * 2, found.Kept.Count(f => f.MessageKey == "coco.image_side"));
                Assert.Empty(found.Kept.Where(f => f.MessageKey is not ("coco.image_side" or "coco.file_name")).Select(f => $"{f.Path} {f.MessageKey}"));
                var refused = report.GetProperty("not_exported").EnumerateObject().Sum(r => r.Value.GetProperty("items").GetInt64());
                Assert.Equal((writer.Items, writer.Items), (Count("items_in"), Count("annotations") - Count("from_further_labels") + Count("part_of_another") + refused));
            });
}
