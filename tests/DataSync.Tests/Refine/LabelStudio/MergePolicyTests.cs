using System.Buffers;
using System.Text;
using System.Text.Json;
using DataSync.Export.Coco;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Coco.Shapes;
using DataSync.Refine.LabelStudio.Outcomes;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Tests.Refine.LabelStudio;

/// <summary>Several people's annotations become one by each policy, and none is lost.</summary>
public sealed class MergePolicyTests
{
    [Fact]
    public void Latest_takes_the_one_changed_last_and_ground_truth_goes_before()
    {
        RawAnnotation[] all = [One(1, "1", 30, Choice("good")), One(2, "2", 10, Choice("bad"), groundTruth: true), One(3, "3", 20, Choice("so"))];
        Assert.Equal(1, Ids(MergePolicy.Of(MergePolicy.Latest, all)).Single());
        Assert.Equal(2, Ids(MergePolicy.Of(MergePolicy.GroundTruth, all)).Single());
        Assert.Equal(1, Ids(MergePolicy.Of(MergePolicy.GroundTruth, [all[0], all[2]])).Single());
        Assert.Equal([1, 2, 3], Ids(MergePolicy.Of(MergePolicy.All, all)));
        Assert.All(MergePolicy.Names, p => Assert.Empty(MergePolicy.Of(p, []).Annotations));
    }

    [Fact]
    public void Majority_counts_people_not_annotations_and_meanings_not_spellings()
    {
        RawAnnotation[] all =
        [
            One(1, "1", 1, """{"id":"a","from_name":"mood","to_name":"t","type":"choices","value":{"choices":["x","y"]},"score":0.5}"""),
            One(2, "2", 2, """{"type":"choices","value":{"choices":["y","x"]},"to_name":"t","from_name":"mood","id":"b"}"""),
            One(3, "3", 3, Choice("z")), One(4, "3", 4, Choice("z")), One(5, "3", 5, Choice("z")),
        ];
        var merged = MergePolicy.Of(MergePolicy.Majority, all);
        var annotation = Assert.Single(merged.Annotations);
        Assert.Equal(["y", "x"], annotation.GetProperty("result")[0].GetProperty("value").GetProperty("choices").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(2.0 / 3, merged.Agreement);
        Assert.Equal([1, 2, 5], annotation.GetProperty("merged_from").EnumerateArray().Select(i => i.GetInt64()));
    }

    [Fact]
    public void Majority_votes_control_by_control_and_breaks_ties_by_ground_truth_then_time()
    {
        var size = """{"id":"s","from_name":"size","to_name":"t","type":"choices","value":{"choices":["SIZE"]}}""";
        RawAnnotation[] all = [One(1, "1", 1, Choice("a"), size.Replace("SIZE", "big", StringComparison.Ordinal)), One(2, "2", 2, Choice("b"), size.Replace("SIZE", "big", StringComparison.Ordinal)), One(3, "3", 3, Choice("a"), size.Replace("SIZE", "small", StringComparison.Ordinal))];
        var text = Assert.Single(MergePolicy.Of(MergePolicy.Majority, all).Annotations).GetRawText();
        Assert.Contains("\"a\"", text, StringComparison.Ordinal);
        Assert.Contains("\"big\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("small", text, StringComparison.Ordinal);
        Assert.Contains("\"late\"", Text(MergePolicy.Majority, One(1, "1", 1, Choice("early")), One(2, "2", 2, Choice("late"))), StringComparison.Ordinal);
        Assert.Contains("\"early\"", Text(MergePolicy.Majority, One(1, "1", 1, true, Choice("early")), One(2, "2", 2, Choice("late"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Majority_never_parts_a_region_from_its_label()
    {
        const string Box = """{"id":"r","from_name":"box","to_name":"i","type":"rectangle","value":{"x":1,"y":1,"width":X,"height":9}}""";
        const string Label = """{"id":"r","from_name":"label","to_name":"i","type":"labels","value":{"labels":["L"]}}""";
        RawAnnotation Person(int who, string width, string label) => One(who, $"{who}", who, Box.Replace("X", width, StringComparison.Ordinal), Label.Replace("\"L\"", $"\"{label}\"", StringComparison.Ordinal));
        var text = Text(MergePolicy.Majority, Person(1, "5", "cat"), Person(2, "5.0", "cat"), Person(3, "7", "cat"), Person(4, "7", "dog"));
        Assert.Contains("\"cat\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"width\":7", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Union_says_everything_once_and_gives_colliding_regions_ids_of_their_own()
    {
        const string Box = """{"id":"r","from_name":"box","to_name":"i","type":"rectanglelabels","value":{"x":1,"y":1,"width":5,"height":9,"rectanglelabels":["cat"]}}""";
        const string Relation = """{"type":"relation","from_id":"r","to_id":"q","direction":"right"}""";
        var other = Box.Replace("cat", "dog", StringComparison.Ordinal);
        var q = Box.Replace("\"r\"", "\"q\"", StringComparison.Ordinal).Replace("cat", "cow", StringComparison.Ordinal);
        var alike = Box.Replace("\"r\"", "\"another\"", StringComparison.Ordinal);
        var results = Assert.Single(MergePolicy.Of(MergePolicy.Union, [One(1, "1", 1, Box, q, Relation), One(2, "2", 2, other, q, Relation), One(3, "3", 3, alike)]).Annotations).GetProperty("result").EnumerateArray().ToList();
        Assert.Equal(["r cat", "q cow", "r-2 dog"], results.Where(r => r.GetProperty("type").GetString() != "relation").Select(r => $"{r.GetProperty("id").GetString()} {r.GetProperty("value").GetProperty("rectanglelabels")[0].GetString()}"));
        Assert.Equal(["r-q", "r-2-q"], results.Where(r => r.GetProperty("type").GetString() == "relation").Select(r => $"{r.GetProperty("from_id").GetString()}-{r.GetProperty("to_id").GetString()}"));
    }

    [Fact]
    public void Write_keeps_every_raw_annotation_with_its_digits_and_the_coco_exporter_reads_what_was_taken()
    {
        const string Box = """{"id":"r","from_name":"box","to_name":"i","type":"rectanglelabels","original_width":200,"original_height":100,"image_rotation":0,"value":{"x":10.10,"y":20,"width":5,"height":9,"rectanglelabels":["cat"]}}""";
        var task = TaskReading.Read(JsonElement.Parse($$"""
            {"id":7,"is_labeled":true,"overlap":2,"drafts":[{}],"cancelled_annotations":1,"meta":{"datasync_key":"k"},
             "annotations":[{"id":3,"was_cancelled":true,"completed_by":9,"result":[]},{"id":2,"lead_time":2.5,"completed_by":{"id":5,"email":"a@b.c"},"result":[{{Box}}]}]}
            """))!;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) new RecordAnnotation(TaskOutcomes.Of(task, isOver: false)!.Value, task, MergePolicy.Latest).Write(json);
        var written = JsonElement.Parse(buffer.WrittenSpan);
        Assert.Equal(("completed", 7, 1, 1, 2.5), (written.GetProperty("outcome").GetString(), written.GetProperty("task_id").GetInt32(), written.GetProperty("skips").GetInt32(), written.GetProperty("drafts").GetInt32(), written.GetProperty("lead_time").GetDouble()));
        Assert.Equal([2, 3], written.GetProperty("raw").EnumerateArray().Select(a => a.GetProperty("id").GetInt32()));
        Assert.Contains("10.10", Encoding.UTF8.GetString(buffer.WrittenSpan), StringComparison.Ordinal);
        var objects = new ImageObjects(1, new ImageSize(200, 100), CocoOptions.Read(default), new CocoReport());
        objects.Read(GivenAnnotations.Read(written.GetProperty("annotations")));
        var shape = Assert.Single(objects.Shapes);
        Assert.Equal(["cat"], shape.Labels);
        Assert.Equal(10.0 * 9, shape.Area, 9);
    }

    [Theory]
    [InlineData("""{"id":1,"overlap":2,"annotations":[{"id":1,"result":[]},{"id":2,"result":[]}]}""", "completed")] // a server that does not say is_labeled
    [InlineData("""{"id":1,"overlap":2,"annotations":[{"id":1,"result":[]}]}""", null)]
    [InlineData("""{"id":1,"is_labeled":false,"draft_exists":true}""", null)]
    [InlineData("""{"id":1,"is_labeled":true,"cancelled_annotations":2,"annotations":[]}""", "skipped")] // the list leaves skips out
    public void Outcomes_are_told_of_answers_that_say_less(string json, string? outcome)
    {
        var told = TaskOutcomes.Of(TaskReading.Read(JsonElement.Parse(json)), isOver: false);
        Assert.Equal(outcome, told is { } known ? TaskOutcomes.NameOf(known) : null);
    }

    private static string Choice(string value) => $$$"""{"id":"c{{{value}}}","from_name":"mood","to_name":"t","type":"choices","value":{"choices":["{{{value}}}"]}}""";

    private static RawAnnotation One(long id, string who, int second, params string[] results) => One(id, who, second, false, results);

    private static RawAnnotation One(long id, string who, int second, string result, bool groundTruth) => One(id, who, second, groundTruth, result);

    private static RawAnnotation One(long id, string who, int second, bool groundTruth, params string[] results)
    {
        var time = $"2026-01-01T00:00:{second:00}Z";
        return RawAnnotation.Read(JsonElement.Parse($$$"""{"id":{{{id}}},"completed_by":{{{who}}},"ground_truth":{{{(groundTruth ? "true" : "false")}}},"updated_at":"{{{time}}}","result":[{{{string.Join(',', results)}}}]}"""))!;
    }

    private static string Text(string policy, params RawAnnotation[] all) => Assert.Single(MergePolicy.Of(policy, all).Annotations).GetRawText();

    private static IEnumerable<long> Ids(Merged merged) => merged.Annotations.Select(a => a.GetProperty("id").GetInt64());
}
