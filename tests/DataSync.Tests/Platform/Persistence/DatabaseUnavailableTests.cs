using System.Net.Sockets;
using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.Tests.Platform.Persistence;

public sealed class DatabaseUnavailableTests
{
    [Fact]
    public void Name_that_is_not_resolved_is_a_database_that_is_away_and_another_servers_is_not()
    {
        var unresolved = new SocketException((int)SocketError.HostNotFound);
        Assert.True(DatabaseUnavailable.Caused(unresolved));
        Assert.False(DatabaseUnavailable.Caused(new HttpRequestException("x", unresolved)));
        Assert.False(DatabaseUnavailable.Caused(new InvalidOperationException()));
    }

    [Fact]
    public void Connection_that_was_lost_is_also_where_it_is_wrapped()
    {
        var lost = new NpgsqlException("x", new IOException());
        Assert.True(DatabaseUnavailable.Caused(lost));
        Assert.True(DatabaseUnavailable.Caused(new InvalidOperationException("x", lost)));
    }
}
