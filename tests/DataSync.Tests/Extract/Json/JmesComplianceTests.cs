using System.Text;
using System.Text.Json;
using DataSync.Extract.Json.Jmes;
using DataSync.Pipeline;

namespace DataSync.Tests.Extract.Json;

/// <summary>JMESPath's own compliance suite (<c>compliance/</c>, under the licence beside it): each case by the whole language, and by the fast way where there is one.</summary>
public sealed class JmesComplianceTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "DataSync.Tests", "Extract", "Json", "compliance");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.json").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Expressions_give_what_the_suite_says(string file)
    {
        List<string> wrong = [];
        var cases = 0;
        foreach (var suite in JsonElement.Parse(File.ReadAllBytes(Path.Combine(Folder, file))).EnumerateArray())
        {
            foreach (var given in suite.GetProperty("cases").EnumerateArray())
            {
                cases++;
                var (text, expected) = (given.GetProperty("expression").GetString()!, Expected(given));
                foreach (var found in Outcomes(text, suite.GetProperty("given")))
                {
                    if (found is null != expected is null || (found is not null && !JsonElement.DeepEquals(JsonElement.Parse(found), expected!.Value))) wrong.Add($"{text}: {found ?? "error"} instead of {given}");
                }
            }
        }

        Assert.True(cases > 0);
        Assert.Empty(wrong);
    }

    /// <summary>Null where the suite expects an error.</summary>
    private static JsonElement? Expected(JsonElement given) => given.TryGetProperty("error", out _) ? null : given.GetProperty("result");

    private static IEnumerable<string?> Outcomes(string text, JsonElement document)
    {
        yield return Whole(text, document);
        if (!PlainPath.TryParse(text, out var plain)) yield break;
        yield return plain.Base(document) is not { ValueKind: JsonValueKind.Array or JsonValueKind.Object } && plain.IsProjection ? "null"
            : !plain.IsProjection ? plain.Find(document) is { ValueKind: not JsonValueKind.Undefined } one ? one.GetRawText() : "null"
            : Whole(text, document) is "null" ? "null" // a projection over something of the wrong kind: no records either way
            : $"[{string.Join(',', plain.Select(document).Select(e => e.GetRawText()))}]";
    }

    private static string? Whole(string text, JsonElement document)
    {
        try
        {
            using var buffer = new RecordBuffer();
            Assert.True(new JmesWriter(buffer, 1_000_000).TryWrite(new Parser(text).Read().Of(new JmesValue(document), new Evaluation())));
            buffer.EndRecord();
            return Encoding.UTF8.GetString(buffer[0]);
        }
        catch (Exception e) when (e is JmesSyntaxException or JmesFaultException)
        {
            return null;
        }
    }
}
