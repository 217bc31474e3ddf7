using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Privacy;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using FsCheck.Xunit;

namespace DataSync.Tests.Privacy;

/// <summary>Who is meant is found however it is written, and nobody else is.</summary>
public sealed class SubjectMatchTests
{
    private static readonly string[] Alphabet = ["a", "Z", "7", "@", ".", "/", "\"", "\\", "\n", "é", "好", "😀", "s", "%"];

    /// <summary>What the database looks for, what files are searched for and what parsing finds agree on a value in any of its written forms.</summary>
    [Property(MaxTest = 300)]
    public void A_value_is_found_whatever_it_is_escaped_as(int seed)
    {
        var random = new Random(seed);
        var value = Text(random, random.Next(3, 12));
        var other = Text(random, 14);
        var match = new SubjectMatch(Whole(value));
        var written = Written(value, random);
        var document = Encoding.UTF8.GetBytes($$"""{"x":{{JsonSerializer.Serialize(other)}},"list":[{"deep":"{{written}}"}]}""");
        Assert.Equal(value, JsonElement.Parse(document).GetProperty("list")[0].GetProperty("deep").GetString());
        Assert.True(match.IsIn(document, "s"));
        Assert.True(new WrittenText(value).IsIn(document));
        Assert.True(Encoding.UTF8.GetString(document).Contains(match.Literal, StringComparison.Ordinal) || Encoding.UTF8.GetString(document).Contains(match.Escape, StringComparison.Ordinal), "the database would pass it over");
        Assert.False(match.IsIn(Encoding.UTF8.GetBytes($$"""{"x":{{JsonSerializer.Serialize(other)}}}"""), "s"));
        Assert.False(match.IsIn(Encoding.UTF8.GetBytes(Redaction.Of(Encoding.UTF8.GetString(document), match)), null));
    }

    [Fact]
    public async Task A_value_is_found_in_a_stream_across_what_is_read_at_once()
    {
        var value = "anna@example.com";
        foreach (var before in (int[])[0, 131_060, 131_071, 131_072, 262_130, 262_144])
        {
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', before) + "anna\\u0040example.com" + new string('y', 10)));
            Assert.True(await new WrittenText(value).IsInAsync(stream, TestContext.Current.CancellationToken), $"behind {before} bytes");
        }

        using var without = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 300_000) + "anna@example.co"));
        Assert.False(await new WrittenText(value).IsInAsync(without, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("\"say \"\"hi\"\"\"", "say \"hi\"", true)]
    [InlineData("email=anna%40example.com", "anna@example.com", true)]
    [InlineData("email=anna%41example.com", "anna@example.com", false)]
    public void Forms_of_files_and_forms_are_known(string text, string value, bool isIn) => Assert.Equal(isIn, new WrittenText(value).IsIn(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("""{"id":4711}""", "4711", false, true)]
    [InlineData("""{"id":47110}""", "4711", false, false)]
    [InlineData("""{"id":"no. 4711!"}""", "4711", false, false)]
    [InlineData("""{"id":"no. 4711!"}""", "4711", true, true)]
    [InlineData("""{"id":"no. 47110"}""", "4711", true, false)]
    [InlineData("""{"name":"张伟先生"}""", "张伟", true, true)]
    [InlineData("""not json with anna@example.com""", "anna@example.com", false, true)]
    public void Whole_values_and_values_within_texts_are_told_apart(string document, string value, bool within, bool isIn)
        => Assert.Equal(isIn, new SubjectMatch(Whole(value) with { Within = within }).IsIn(Encoding.UTF8.GetBytes(document), null));

    [Theory]
    [InlineData("""[{"e":"a@b.c"},{"e":"x"}]""", null, """[{"e":"x"}]""")]
    [InlineData("""[{"e":"x"}, {"e":"a@b.c"},{"e" : 1.50}]""", null, """[{"e":"x"},{"e" : 1.50}]""")]
    [InlineData("""{"e":"a@b.c"}""", null, null)]
    [InlineData("""{"v":1,"data":{"rows":[{"e":"a@b.c"},{"e":"x","l":[1,2]}]},"z":[]}""", "data.rows", """{"v":1,"data":{"rows":[{"e":"x","l":[1,2]}]},"z":[]}""")]
    [InlineData("""{"v":1,"rows":[{"e":"a@b.c"},{"e":"x"}]}""", "rows[*]", """{"v":1,"rows":[{"e":"x"}]}""")]
    [InlineData("""{"by":"a@b.c","rows":[{"e":"x"}]}""", "rows", null)]
    [InlineData("""{"rows":[{"e":"a@b.c"},{"e":"x"}]}""", "rows[?e]", """{"rows":[{"e":"x"}]}""")]
    public void A_payload_keeps_the_records_of_others(string payload, string? path, string? left)
        => Assert.Equal(left, PayloadCut.Without(Encoding.UTF8.GetBytes(payload), path, "s", new SubjectMatch(Whole("a@b.c"))) is { } cut ? Encoding.UTF8.GetString(cut) : null);

    private static Subject Whole(string value) => new(value, Within: false, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal));

    private static string Text(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => Alphabet[random.Next(Alphabet.Length)]));

    private static string Written(string value, Random random)
    {
        var text = new StringBuilder();
        foreach (var rune in value.EnumerateRunes())
        {
            if (random.Next(3) == 0)
            {
                foreach (var unit in rune.ToString()) text.Append("\\u").Append(((int)unit).ToString(random.Next(2) == 0 ? "x4" : "X4", System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(rune.Value switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '/' when random.Next(2) == 0 => "\\/", _ => rune.ToString() });
            }
        }

        return text.ToString();
    }
}
