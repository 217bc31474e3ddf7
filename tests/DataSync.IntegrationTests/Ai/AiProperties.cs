using System.Net;
using System.Text.Json;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Refine.Ai.Privacy;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Ai;

/// <summary>What a language model adds, from any record to the exported file, over real HTTP and a real database.</summary>
[Collection(AiTests.Name)]
public sealed class AiProperties(AiRig rig)
{
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = 256 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Gen<string> Ai => Gen.Elements(
        """{}""",
        """{"tasks":["summary"]}""",
        """{"tasks":["entities","sentiment"],"fields":["a","name"]}""",
        """{"tasks":["classification","summary"],"categories":["bill","complaint"],"min_confidence":0.95}""",
        """{"schema":{"type":"object","properties":{"total":{"type":"number","minimum":0},"paid":{"type":"boolean"},"lines":{"type":"array","items":{"type":"string"}}},"required":["total"]}}""");

    // Names that collide with what the export adds are among them.
    private static Gen<string> Records => Gen.OneOf(
        JsonGenerators.Document,
        JsonGenerators.Document.Select(d => d == "{}" ? """{"_ai":1,"__ai":null}""" : d[..^1] + ""","_ai":{"mine":true},"summary":"mine"}"""));

    // Feature: data-sync-pipeline, Property 12: For any data with AI enhancement enabled, the system should invoke the configured LLM service, and the result
    // should contain both original data and AI-generated semantic fields.
    // Feature: data-sync-pipeline, Property 18: For any data with semantic enhancement applied, the export output should contain both original fields and enhanced
    // fields, and no original data should be lost.
    [Property(MaxTest = 100)]
    [Trait("Property", "12")]
    [Trait("Property", "18")]
    public Property Every_record_is_asked_for_and_its_values_stand_beside_all_that_it_was()
        => Prop.ForAll((from ai in Ai from count in Gen.Choose(1, 3) from records in Records.ListOf(count) from enhanced in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false))) select (ai, records: records.ToList(), enhanced)).ToArbitrary(), async given =>
        {
            rig.Model.Forget();
            rig.Model.Script = static (call, _) => Task.FromResult(ModelAnswer.Valid(call));
            var job = await rig.RunAsync("p12", given.records, AiRig.Plan(given.ai, new ExportPlan { IncludeEnhanced = given.enhanced }), Ct);
            Assert.Equal("completed", job.Status);
            Assert.Equal(given.records, job.Raw);
            Assert.Equal(given.records.Count, job.Lines.Length);
            Assert.Equal(given.records.Count, job.Rows.Length);
            var asked = given.records.Count(r => !IsTooLarge(r));
            Assert.Equal(asked, job.Count("completed") + job.Count("low_confidence") + job.Count("empty"));
            Assert.Equal(rig.Model.Calls.Count, job.Count("calls"));
            Assert.Equal(asked, job.Count("calls") + job.Count("cached") + job.Count("empty"));
            for (var i = 0; i < given.records.Count; i++)
            {
                if (given.enhanced) CheckRecord(given.records[i], job.Lines[i]);
                else Assert.Equal(given.records[i], job.Lines[i]);
            }
        });

    // Feature: data-sync-pipeline, Property 14: For any refinement operation that fails, the original data should remain unchanged and accessible, and the error
    // should be logged with full details.
    [Property(MaxTest = 100)]
    [Trait("Property", "14")]
    public Property Records_whose_answers_are_bad_stay_as_they_were_and_tell_why()
        => Prop.ForAll(
            (from count in Gen.Choose(1, 3)
             from records in JsonGenerators.Document.ListOf(count)
             from how in Gen.Elements("{\"summary\":", "{}", "[]", "no", "{\"summary\":{\"value\":3,\"confidence\":1}}", "{\"summary\":{\"value\":\"x\",\"confidence\":2}}", "{\"summary\":{\"value\":\"<EMAIL_99>\",\"confidence\":1}}", "", "400")
             select (records: records.ToList(), how)).ToArbitrary(),
            async given =>
            {
                rig.Model.Script = (_, _) => Task.FromResult(given.how == "400" ? ModelAnswer.Error(HttpStatusCode.BadRequest, "content_filter") : ModelAnswer.Of(given.how));
                var job = await rig.RunAsync("p14", given.records, AiRig.Plan("""{"tasks":["summary"]}"""), Ct);
                Assert.Equal("completed", job.Status);
                Assert.Equal(given.records, job.Raw);
                Assert.Equal(given.records.Count, job.Count("failed") + job.Count("empty"));
                foreach (var (i, row) in job.Rows.Index())
                {
                    var problem = IsTooLarge(given.records[i]) ? "too_large" : given.how == "400" ? "refused" : "invalid_answer";
                    Assert.True(row == $"{i} empty -" || row == $"{i} failed {problem}", row);
                    CheckRecord(given.records[i], job.Lines[i]);
                    Assert.Equal(row.Split(' ')[1], LastOf(job.Lines[i]).GetProperty("outcome").GetString());
                }
            });

    /// <summary>The record's own bytes first, then what was made under a name that none of its members has.</summary>
    private static void CheckRecord(string record, string line)
    {
        Assert.StartsWith(record[..^1].TrimEnd(), line, StringComparison.Ordinal);
        var names = JsonElement.Parse(record, AnyDepth).EnumerateObject().Select(m => m.Name).ToList();
        var added = JsonElement.Parse(line, AnyDepth).EnumerateObject().Last().Name;
        Assert.DoesNotContain(added, names);
        Assert.EndsWith("_ai", added, StringComparison.Ordinal);
        var ai = LastOf(line);
        Assert.Equal("m", ai.GetProperty("model").GetString());
        Assert.NotEqual("", ai.GetProperty("prompt_version").GetString());
        if (ai.GetProperty("outcome").GetString() is not ("completed" or "low_confidence")) return;
        Assert.NotEmpty(ai.GetProperty("values").EnumerateObject());
        Assert.Equal(ai.GetProperty("values").EnumerateObject().Select(v => v.Name), ai.GetProperty("confidence").EnumerateObject().Select(v => v.Name));
    }

    /// <summary>Such a record is sent to no model.</summary>
    private static bool IsTooLarge(string record) => System.Text.Encoding.UTF8.GetByteCount(record) > ShieldedRecord.MostBytes;

    private static JsonElement LastOf(string line) => JsonElement.Parse(line, AnyDepth).EnumerateObject().Last().Value;
}
