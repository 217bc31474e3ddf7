using System.Globalization;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Paging;
using DataSync.Pipeline.Failures;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Extract.Connectors.Api;

public class PageGuardTests
{
    private const long MostPages = 10_000_000;

    [Property(MaxTest = 200)]
    public void Saw_any_circle_of_pages_is_found_soon_after_it_has_come_round(PositiveInt before, PositiveInt period, NonEmptyArray<byte> contents)
    {
        var guard = Guard("page");
        var (prefix, length) = (before.Get % 50, 1 + (period.Get % 60));
        for (var page = 0L; ; page++)
        {
            Assert.True(page <= prefix + length + PageGuard.LeastRecords + PageGuard.LeastPages, $"A circle of {length} pages after {prefix} was not found.");

            // pages of a circle may be equal to one another, and as small as one record
            var place = (int)((page - prefix) % length);
            var content = page < prefix ? 1_000_000 + page : contents.Get[place % contents.Get.Length] % 4;
            var number = page;
            if (IsRefused(() => guard.Saw((UInt128)content + 1, 1 + (content % 3), number)))
            {
                Assert.True(page > prefix + 1, "The pages before the circle were taken for one.");
                return;
            }
        }
    }

    [Fact]
    public void Saw_pages_that_are_all_different_are_never_a_circle()
    {
        var guard = Guard("offset");
        for (var page = 0; page < 300_000; page++) guard.Saw((UInt128)(page + 1), 1 + (page % 100), page);
    }

    [Theory]
    [InlineData("1 1 1 1 1 2", 1), InlineData("1 1 2 2 1 1 2 2", 1), InlineData("1 1 2 1 1 2", 10), InlineData("1 2 3 1 2 3", 8)]
    public void Saw_few_equal_pages_are_no_circle(string pages, int records)
    {
        var guard = Guard("page");
        foreach (var (page, number) in pages.Split(' ').Select((p, i) => (int.Parse(p, CultureInfo.InvariantCulture), i))) guard.Saw((UInt128)page, records, number);
    }

    [Theory]
    [InlineData("1 1 1", 2), InlineData("1 2 1 2 1 2 1", 10), InlineData("9 1 1 1 1 1 1", 1), InlineData("1 1 2 1 1 2", 25)]
    public void Saw_what_comes_again_and_again_is_refused_at_the_page_where_that_is_certain(string pages, int records)
    {
        var guard = Guard("page");
        var numbers = pages.Split(' ').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToList();
        for (var i = 0; i < numbers.Count - 1; i++) guard.Saw((UInt128)numbers[i], records, i);
        var refused = Assert.Throws<SyncFailureException>(() => guard.Saw((UInt128)numbers[^1], records, numbers.Count - 1));
        Assert.Equal(("errors.api.page_repeated", (long)numbers.Count), (refused.Failure.MessageKey, refused.Failure.Params!["page"]));
    }

    [Fact]
    public void Enter_a_page_beyond_the_limit_is_refused()
    {
        var guard = new PageGuard(Pagination.Read(JsonElement.Parse("""{"type":"page"}""")), 3);
        guard.Enter("3", 2);
        Assert.Equal("errors.api.too_many_pages", Assert.Throws<SyncFailureException>(() => guard.Enter("4", 3)).Failure.MessageKey);
    }

    private static bool IsRefused(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (SyncFailureException e)
        {
            Assert.Equal("errors.api.page_repeated", e.Failure.MessageKey);
            return true;
        }
    }

    internal static PageGuard Guard(string type) => new(Pagination.Read(JsonElement.Parse($$"""{"type":"{{type}}"{{(type == "cursor" ? ",\"header\":\"X\"" : "")}}}""")), MostPages);
}
