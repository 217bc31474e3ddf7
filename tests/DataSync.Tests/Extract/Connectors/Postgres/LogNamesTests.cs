using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.Pipeline.Connectors;

namespace DataSync.Tests.Extract.Connectors.Postgres;

public class LogNamesTests
{
    /// <summary>Two installations may have a tenant and a source of one name each, and follow one server.</summary>
    [Fact]
    public void Of_a_source_with_a_mark_depends_on_nothing_that_another_installation_could_have_as_well()
    {
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.NotEqual(LogNames.Of(Named("t", "s", one)), LogNames.Of(Named("t", "s", other)));
        Assert.Equal(LogNames.Of(Named("t", "s", one)), LogNames.Of(Named("t", "s", one)));
    }

    /// <summary>Slots and publications that were made before there were marks are found by the names they have.</summary>
    [Fact]
    public void Of_a_source_without_a_mark_is_what_it_was()
        => Assert.Equal("datasync_orders_db_bffb08649572a7a227396751", LogNames.Of(Named("acme", "Orders-db", null)));

    [Theory]
    [InlineData("a\"b; DROP"), InlineData("漢字 and much more than forty characters of it"), InlineData("x")]
    public void Of_any_source_is_a_plain_name_of_a_length_that_every_server_takes(string source)
        => Assert.Matches("^datasync_[a-z0-9_]{1,24}_[0-9a-f]{24}$", LogNames.Of(Named("t", source, Guid.NewGuid())));

    private static SourceConnection Named(string tenant, string source, Guid? mark) => new("postgresql", default) { TenantId = tenant, SourceId = source, Mark = mark };
}
