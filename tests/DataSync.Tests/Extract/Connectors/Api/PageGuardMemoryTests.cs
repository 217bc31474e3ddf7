using System.Globalization;
using DataSync.Extract.Connectors.Api.Paging;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors.Api;

[Collection(nameof(NothingBeside))]
public sealed class PageGuardMemoryTests
{
    [Fact]
    public void Enter_millions_of_names_take_no_more_memory_than_a_bound()
    {
        var guard = PageGuardTests.Guard("cursor");
        for (var page = 0; page < PageGuard.PagesHeld; page++) guard.Enter(Name(page), page);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var page = PageGuard.PagesHeld; page < 5 * PageGuard.PagesHeld; page++) guard.Enter(Name(page), page);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 * 1024 * 1024);
        Assert.Throws<SyncFailureException>(() => guard.Enter(Name((5 * PageGuard.PagesHeld) - (PageGuard.PagesHeld / 2)), 5 * PageGuard.PagesHeld));
    }

    private static string Name(int page) => page.ToString(CultureInfo.InvariantCulture);
}
