using System.Buffers;
using System.Text;
using DataSync.Pipeline;
using DataSync.Pipeline.Documents;
using DataSync.Tests.Properties;
using DataSync.Tests.Refine.Rules;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Documents;

public class DocumentChangesTests
{
    /// <summary>Documents of every shape before members that the rules know: kept as changes, they must give the refined bytes back.</summary>
    [FsCheck.Xunit.Property(MaxTest = 300)]
    public Property Changes_that_rules_leave_make_the_refined_document_of_the_original()
        => Prop.ForAll(
            (from rules in RuleGenerators.Rules
             from documents in (from shape in ExportGenerators.Document from known in RuleGenerators.Document select Joined(shape, known)).ListOf(6)
             select (rules, documents)).ToArbitrary(),
            given =>
            {
                using var batch = new RuleHarness().RefineAsync($"[{string.Join(',', given.rules.Select(r => r.ToJson()))}]", given.documents).GetAwaiter().GetResult();
                Check(batch);
            });

    [Theory]
    [InlineData("""{"set":{"total":129.00}}""", """{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","total":1,"b":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}""", """[[1,36],{"total":129.00},[48,41]]""")]
    [InlineData("""{"set":{"x":1}},{"set":{"y":2}}""", """  {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", """[[3,58],{"x":1,"y":2}]""")]
    [InlineData("""{"remove":"b"}""", """{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" , "b":2}""", """[[1,49]]""")]
    [InlineData("""{"rename":{"a":"b"}}""", """{"a":1,"c":"cccccccccccccccccccccccccccccccccccccccc"}""", """[{"b":1},[7,46]]""")]
    public async Task Changes_of_a_large_record_are_a_few_bytes(string then, string document, string expected)
    {
        using var batch = await new RuleHarness().RefineAsync(RuleHarness.Rule(then), document);
        Assert.Equal(expected, Encoding.UTF8.GetString(batch.Changes![0]));
        Check(batch);
    }

    [Theory]
    [InlineData("""{"set":{"a":2}}""", """{"a":1}""")]
    [InlineData("""{"remove":"a"}""", """{"a":1}""")]
    public async Task Changes_that_are_not_far_shorter_than_the_document_are_not_told(string then, string document)
    {
        using var batch = await new RuleHarness().RefineAsync(RuleHarness.Rule(then), document);
        Assert.True(batch.Refined![0].Length > 0);
        Assert.True(batch.Changes![0].IsEmpty);
    }

    [Fact]
    public async Task Changes_are_told_of_those_records_alone_that_were_changed()
    {
        var large = $$"""{"a":"{{new string('a', 50)}}","n":1}""";
        using var batch = await new RuleHarness().RefineAsync("""[{"id":"r","when":{"var":"n"},"then":[{"set":{"n":2}}]}]""", "{}", large, "{}", large.Replace("1}", "0}", StringComparison.Ordinal));
        Assert.Equal([false, true, false, false], Enumerable.Range(0, 4).Select(i => !batch.Changes![i].IsEmpty));
        Check(batch);
    }

    [Theory]
    [InlineData("[]", "{}")]
    [InlineData("""[[1,5]]""", """{"a":1}""")]
    [InlineData("""[{"b":{"x":[1,{"y":"}"}]}},[1,5],{}]""", """{"b":{"x":[1,{"y":"}"}]},"a":1,}""")]
    public void Apply_puts_the_pieces_together(string changes, string expected)
        => Assert.Equal(expected, DocumentChanges.Apply("""{"a":1}""", changes));

    [Theory]
    [InlineData("""{"v":1}""")]
    [InlineData("""[[1,7]]""")]
    [InlineData("""[[8,0]]""")]
    [InlineData("""[[-1,2]]""")]
    [InlineData("""[[2147483647,2147483647]]""")]
    [InlineData("""[[1,2,3]]""")]
    [InlineData("""[[1.5,2]]""")]
    [InlineData("""["a"]""")]
    public void Apply_refuses_changes_of_another_document(string changes)
        => Assert.Throws<InvalidDataException>(() => DocumentChanges.Apply("""{"a":1}""", changes));

    private static void Check(RecordBatch batch)
    {
        for (var i = 0; i < batch.Changes?.Count; i++)
        {
            if (batch.Changes[i].IsEmpty) continue;
            var made = new ArrayBufferWriter<byte>();
            DocumentChanges.Apply(batch.Raw[i], batch.Changes[i], made);
            Assert.True(batch.Refined![i].SequenceEqual(made.WrittenSpan), Encoding.UTF8.GetString(batch.Changes[i]));
            Assert.True(batch.Changes[i].Length <= batch.Refined[i].Length / 2);
        }
    }

    private static string Joined(string shape, string known)
    {
        var (body, members) = (shape[..shape.LastIndexOf('}')], known[1..]);
        return body.TrimEnd().EndsWith('{') || members == "}" ? body + members : $"{body},{members}";
    }
}
