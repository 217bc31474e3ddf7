using System.Net.Sockets;
using System.Threading.Channels;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Persistence;

public sealed class HourlySweeperTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_ends_one_sweep_is_told_and_the_next_hours_follows()
    {
        const string Nowhere = "Host=does-not-exist.invalid;Username=u;Password=p;Database=d";
        await using var sources = new DataSources(new DatabaseOptions { Connection = Nowhere, SystemConnection = Nowhere });
        var time = new FakeTimeProvider();
        using var sweeper = new Failing(sources, time);
        await sweeper.StartAsync(Ct);
        Assert.Equal(nameof(SocketException), await sweeper.Told.Reader.ReadAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Ct));
        for (var i = 0; i < 600 && sweeper.Told.Reader.Count == 0; i++)
        {
            time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(TimeSpan.FromMilliseconds(100), Ct);
        }

        Assert.Equal(nameof(SocketException), await sweeper.Told.Reader.ReadAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Ct));
        await sweeper.StopAsync(Ct);
    }

    private sealed class Failing(DataSources sources, TimeProvider time) : HourlySweeper(sources, time)
    {
        public Channel<string?> Told { get; } = Channel.CreateUnbounded<string?>();

        protected override Task SweepAndTellAsync(CancellationToken ct) => throw new SocketException((int)SocketError.HostNotFound);

        protected override void TellFailed(string? reason) => Told.Writer.TryWrite(reason);
    }
}
