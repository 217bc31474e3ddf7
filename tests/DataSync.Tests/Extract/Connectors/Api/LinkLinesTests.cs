using DataSync.Extract.Connectors.Api.Paging;

namespace DataSync.Tests.Extract.Connectors.Api;

public sealed class LinkLinesTests
{
    [Theory]
    [InlineData("<https://a/x?page=2>; rel=\"next\", <https://a/x?page=9>; rel=\"last\"", "https://a/x?page=2")]
    [InlineData("<https://a/x?page=9>; rel=last,<https://a/x,y;z?page=2>;rel=next", "https://a/x,y;z?page=2")]
    [InlineData("</x>; title=\"a, <b>; rel=\\\"next\\\"\"; rel=\"prev\", </y>; REL=\"up NEXT\"", "/y")]
    [InlineData("</x>; rel=\"prev\"; rel=\"next\"", null)]
    [InlineData("</x>; rel=\"nextish\"", null)]
    [InlineData("</x", null)]
    [InlineData("", null)]
    [InlineData("</x>; rel", null)]
    public void Find_reads_links_as_RFC_8288_says(string header, string? target) => Assert.Equal(target, LinkLines.Find(header, "next"));
}
