using System.Threading.Channels;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>
/// Tells the workers that something has arrived, in a transaction of its own and not with every commit: commits that notify wait for each other. Should the process die
/// before it rings, the workers find by looking what it stored.
/// </summary>
internal sealed class InboxBell(DataSources sources, TimeProvider time) : BackgroundService
{
    /// <summary>The workers listen here.</summary>
    public const string Channel = "datasync_webhook";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);
    private readonly Channel<bool> _rung = System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => _rung.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _rung.Reader.WaitToReadAsync(stoppingToken))
        {
            _rung.Reader.TryRead(out _);
            try
            {
                await using var notify = sources.App.CreateCommand($"SELECT pg_notify('{Channel}', '')");
                await notify.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): they look by themselves, and the next delivery rings again.
            }

            await Task.Delay(Pace, time, stoppingToken);
        }
    }
}
