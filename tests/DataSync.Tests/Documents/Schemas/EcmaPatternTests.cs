using DataSync.Pipeline.Documents.Schemas.Patterns;

namespace DataSync.Tests.Documents.Schemas;

/// <summary>Patterns mean what they mean in ECMAScript with its flag u, where .NET's differ.</summary>
public class EcmaPatternTests
{
    [Theory]
    [InlineData("^a$", "a", "a\n")]
    [InlineData("^a$|b", "xb", "a\nx")]
    [InlineData("^\\d$", "1", "\u0661")]
    [InlineData("^\\w$", "_", "é")]
    [InlineData("^\\W$", "é", "a")]
    [InlineData("^\\s$", "\ufeff", "\u0085")]
    [InlineData("^\\S$", "\u0085", "\u00a0")]
    [InlineData("^[^a]$", "😀", "a")]
    [InlineData("^[\\d\\s]+$", "1 2", "a")]
    [InlineData("^[^\\D]$", "7", "\u0667")]
    [InlineData("^.$", "😀", "\r")]
    [InlineData("^..$", "ab", "😀")]
    [InlineData("^😀{2}$", "😀😀", "😀")]
    [InlineData("^[😀-😂x]$", "😁", "😃")]
    [InlineData("^\\u{1F600}\\ud83d\\ude00$", "😀😀", "😀")]
    [InlineData("^\\p{L}+$", "aé𠮷野家", "1")]
    [InlineData("^\\p{Lu}$", "Ä", "ä")]
    [InlineData("^\\P{L}$", "😀", "𠮷")]
    [InlineData("^\\p{Letter}\\p{gc=Nd}$", "a1", "1a")]
    [InlineData("^[a-z-[aeiou]]$", "b]", "b")]
    [InlineData("^[\\b]\\cJ\\x41\\0$", "\b\nA\0", "b\nA0")]
    [InlineData("^(?<year>[0-9]{4})-(?:0[1-9]|1[0-2])$", "2026-12", "2026-13")]
    [InlineData("^[.*+?^${}()|\\[\\]\\\\/-]+$", "^$.[]\\-/", "a")]
    [InlineData("a{2,3}?b", "aab", "ab")]
    [InlineData("^[]$|^[^]$", "a", "")]
    [InlineData("^.{1,900}$", "😀😀", "a\u2028")]
    [InlineData("^[\\s\\S]$", "😀", "😀😀")]
    [InlineData("^.😀$", "😀😀", "😀")]
    public void Pattern_matches_what_it_matches_in_ecmascript(string pattern, string good, string bad)
    {
        var compiled = new PatternBook().Of(pattern);
        Assert.NotNull(compiled);
        Assert.Matches(compiled, good);
        Assert.DoesNotMatch(compiled, bad);
    }

    [Theory]
    [InlineData("(?=a)b")]
    [InlineData("(?<!a)b")]
    [InlineData("(a)\\1")]
    [InlineData("(?<n>a)\\k<n>")]
    [InlineData("\\bword\\b")]
    [InlineData("(?i)a")]
    [InlineData("(?#note)a")]
    [InlineData("^\\Aa\\Z")]
    [InlineData("\\p{Script=Greek}")]
    [InlineData("\\p{IsGreek}")]
    [InlineData("[b-a]")]
    [InlineData("[\\d-z]")]
    [InlineData("a{,3}")]
    [InlineData("a{99999}")]
    [InlineData("a**")]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("a)")]
    [InlineData("\\")]
    [InlineData("\\u12")]
    [InlineData("\\x4")]
    [InlineData("\\u{110000}")]
    [InlineData("\\e")]
    public void Pattern_that_cannot_be_honoured_is_refused(string pattern) => Assert.Null(new PatternBook().Of(pattern));

    /// <summary>A category takes a tenth of a second to be made ready: a schema may have some of them, and not thousands.</summary>
    [Fact]
    public void Patterns_of_a_schema_may_cost_so_much_together()
    {
        var book = new PatternBook();
        var ready = Enumerable.Range(0, 200).Count(i => book.Of($"^\\p{{Nd}}\\P{{Nd}}{i}$") is not null);
        Assert.InRange(ready, 20, 199);
        Assert.NotNull(book.Of("^\\p{Nd}\\P{Nd}0$"));
    }
}
