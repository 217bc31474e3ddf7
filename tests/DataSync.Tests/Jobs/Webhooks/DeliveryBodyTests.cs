using DataSync.Jobs.Webhooks;
using DataSync.Jobs.Webhooks.Receive;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Jobs.Webhooks;

public class DeliveryBodyTests
{
    private static readonly WebhookOptions Options = new() { MemoryBytes = 8 * 1024 * 1024, MaxBytes = 1024 * 1024 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Who pauses within a body holds memory that signed deliveries need; a server's own least rate would let that go on for an hour.</summary>
    [Fact]
    public async Task Read_of_a_body_that_does_not_come_in_time_is_refused_and_gives_its_memory_back()
    {
        var (time, memory) = (new FakeTimeProvider(), new BodyMemory(Options));
        Task<BodyRead> reading;
        using (var share = memory.Open())
        {
            reading = DeliveryBody.ReadAsync(Request(new Paused()), Options, share, time, Ct).AsTask();
            time.Advance(Options.BodyPatience - TimeSpan.FromSeconds(1));
            Assert.False(reading.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(WebhookFailure.TooSlow, (await reading).Failure);
            Assert.True(memory.Held > 0);
        }

        Assert.Equal(0, memory.Held);
    }

    [Fact]
    public async Task Read_that_the_sender_leaves_is_no_late_body()
    {
        using var left = new CancellationTokenSource();
        var reading = DeliveryBody.ReadAsync(Request(new Paused()), Options, new BodyMemory(Options).Open(), TimeProvider.System, left.Token).AsTask();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public void Large_bodies_leave_room_for_small_ones()
    {
        var memory = new BodyMemory(Options);
        var taken = 0;
        while (memory.Open().TryTake(Options.MaxBytes)) taken++;
        Assert.Equal(6, taken);
        Assert.True(memory.Open().TryTake(16 * 1024));
    }

    /// <summary>Where the memory is no more than one body, that body may have it.</summary>
    [Fact]
    public void Largest_body_fits_into_the_least_memory()
        => Assert.True(new BodyMemory(Options with { MemoryBytes = Options.MaxBytes }).Open().TryTake(Options.MaxBytes));

    private static HttpRequest Request(Stream body) => new DefaultHttpContext { Request = { Body = body, ContentLength = 4096 } }.Request;

    /// <summary>Gives a few bytes and then nothing.</summary>
    private sealed class Paused : MemoryStream
    {
        private bool _hasGiven;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasGiven) await Task.Delay(Timeout.Infinite, cancellationToken);
            _hasGiven = true;
            buffer.Span[..8].Clear();
            return 8;
        }
    }
}
