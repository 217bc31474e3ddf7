using System.Globalization;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Caching;

/// <summary>
/// Hears of every change of any tenant's configuration, on a connection of its own. Twice a second it asks the line whether it still works, as a
/// connection that died without a word looks like one on which nothing happens. While it does not listen, nothing is cached.
/// </summary>
internal sealed partial class ConfigurationListener(DataSources sources, ConfigurationGenerations generations, TimeProvider time, ILogger<ConfigurationListener> logger)
    : BackgroundService
{
    public const string Channel = "datasync_configuration";

    private static readonly TimeSpan Ask = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private bool _warned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it is (a name that is not resolved is no NpgsqlException): it is listened for again, and nothing is cached meanwhile.
                if (!_warned) Log.Lost(logger, e.GetType().Name);
                _warned = true;
            }
            finally
            {
                generations.End();
            }

            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        connection.Notification += (_, told) => Learn(told.Payload);
        var asked = time.GetTimestamp();
        await ExecuteAsync(connection, "LISTEN " + Channel, ct);
        generations.Begin(asked);
        if (_warned) Log.Back(logger);
        _warned = false;
        while (true)
        {
            await connection.WaitAsync(Ask, ct);
            asked = time.GetTimestamp();
            await ExecuteAsync(connection, "SELECT 1", ct);
            generations.Prove(asked);
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Answer, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(both.Token);
    }

    /// <summary>The number, a space, the tenant.</summary>
    private void Learn(string payload)
    {
        var space = payload.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && long.TryParse(payload.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var generation))
            generations.Learn(payload[(space + 1)..], generation);
    }

    private static partial class Log
    {
        [LoggerMessage(1700, LogLevel.Warning, "Changes of the configuration are not heard ({Reason}); until they are, nothing of it is cached")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(1701, LogLevel.Information, "Changes of the configuration are heard again; the cache begins empty")]
        public static partial void Back(ILogger logger);
    }
}
