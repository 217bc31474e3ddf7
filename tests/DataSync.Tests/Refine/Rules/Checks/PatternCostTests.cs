using System.Text.Json;
using DataSync.Refine.Rules.Checks;

namespace DataSync.Tests.Refine.Rules.Checks;

/// <summary>A pattern's work counts as any other of its rule.</summary>
public sealed class PatternCostTests
{
    [Theory]
    [InlineData("abc", 3)]
    [InlineData("^[^@]+@[^@]+$", 5)]
    [InlineData(@"\d{4}-\d{2}", 7)]
    [InlineData("a{0,1000}", 1000)]
    [InlineData("a{7,}", 7)]
    [InlineData("(ab){10}", 30)]
    [InlineData("((a{10}){10}){10}", 1110)]
    [InlineData("(a{100}){100}", 10_000)]
    [InlineData("[a{9}]", 1)]
    [InlineData("[]{9}]{3}", 3)]
    [InlineData(@"[\]{9}]b", 2)]
    [InlineData("[a-z-[aeiou]]{5}", 5)]
    [InlineData("a{b}", 4)]
    [InlineData("", 1)]
    public void Size_counts_what_is_repeated_as_often_as_it_may_be(string pattern, int size) => Assert.Equal(size, PatternSize.Of(pattern));

    [Theory]
    [InlineData("([ab]{0,90}c){90}", 400_000, "SYNC_261")]
    [InlineData("([ab]{0,90}c){90}", 10_000, "SYNC_215")]
    [InlineData("^[a-z]+@[a-z]+[.][a-z]{2,10}$", 1_000_000, "SYNC_215")]
    public async Task Long_text_times_large_pattern_is_charged_to_the_rule(string pattern, int length, string code)
    {
        using var batch = CheckTests.Batch(0, JsonSerializer.Serialize(new { f = string.Concat(Enumerable.Repeat("ab", length / 2)) }));
        using var refiner = CheckTests.Refiner($$"""[{"id":"c","field":"f","check":"matches","pattern":{{JsonSerializer.Serialize(pattern)}}}]""");
        var began = TimeProvider.System.GetTimestamp();
        await refiner.RefineAsync(batch, TestContext.Current.CancellationToken);
        Assert.True(batch.TryGetRejection(0, out var rejection));
        Assert.Equal(code, rejection.Code);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }
}
