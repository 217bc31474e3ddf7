using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Http.Egress;

public class DialTurnsTests
{
    [Fact]
    public void IsLast_the_last_address_is_and_none_before_it()
        => Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(new DialTurns(3, new FakeTimeProvider()).IsLast));

    [Fact]
    public void IsLast_once_all_have_taken_their_time_the_next_one_is()
    {
        var time = new FakeTimeProvider();
        var turns = new DialTurns(8, time);
        time.Advance(DialTurns.Patience - TimeSpan.FromSeconds(1));
        Assert.False(turns.IsLast(1));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(turns.IsLast(0));
        Assert.True(turns.IsLast(2));
    }
}
