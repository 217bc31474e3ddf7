using System.Text.Json.Nodes;
using DataSync.Alerts.Channels;
using DataSync.Alerts.Evaluation;
using DataSync.Alerts.States;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Alerts.Notices;

/// <summary>
/// Sends what is due. Every worker runs one; each notice is one worker's at a time. A receiver may be told twice, where a worker dies between the sending and the noting; never
/// under two ids. Of several recipients each has its own outcome: who has it is not sent it again. It goes over connections kept apart, as a pool that is exhausted is told of too.
/// </summary>
internal sealed partial class NoticeSender(
    DataSources sources, NoticeStore notices, ChannelStore channels, NoticeText texts, AlertOptions options, TimeProvider time, ILogger<NoticeSender> logger) : BackgroundService
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);
    private readonly NoticeStore _notices = notices.Apart();
    private readonly ChannelStore _channels = channels.Apart();

    /// <summary>Sends what is due now; returns how many tries were made.</summary>
    public async Task<int> SendDueAsync(CancellationToken ct)
    {
        var claimed = await _notices.ClaimAsync(AtOnce, ct);
        await Task.WhenAll(claimed.Select(notice => SendAsync(notice, ct)));
        return claimed.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await sources.System.OpenConnectionAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("LISTEN " + AlertMoves.Channel, connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true)
                {
                    if (await SendDueAsync(stoppingToken) == 0) await connection.WaitAsync(Tick, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is: what is due stays due.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.Failed(logger, e);
                await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SendAsync(ClaimedNotice claimed, CancellationToken ct)
    {
        if (await _notices.FindAsync(claimed, ct) is not var (notice, alert, job))
        {
            await _notices.SettleAsync(claimed, AlertNotice.Dead, new NoticeFailure(SyncFailure.Permanent("errors.alert.nothing_to_tell"), []), TimeSpan.Zero, ct);
            return;
        }

        try
        {
            if (await _channels.OpenAsync(claimed.TenantId, notice.ChannelId, ct) is not var (channel, target) || !channel.Enabled) throw new SyncFailureException(SyncFailure.Permanent("errors.alert.channel_off"));
            var language = await texts.LanguageAsync(claimed.TenantId, channel, ct);
            var message = alert is not null ? Message(notice, alert, language) : Message(notice, job!, language);
            if (RecipientMarks.Left(notice, target) is { } left) await _channels.SenderOf(channel.Kind).SendAsync(left, message, ct);
            await _notices.SettleAsync(claimed, AlertNotice.Delivered, null, TimeSpan.Zero, ct);
        }
        catch (SyncFailureException e)
        {
            await FailAsync(claimed, notice, e.Failure, e is PartlyTakenException { Taken: var taken } ? taken : [], ct);
        }
#pragma warning disable CA1031 // A notice that cannot be made or sent keeps no other waiting, and is not tried for ever.
        catch (Exception e) when (e is not (OperationCanceledException or NpgsqlException))
#pragma warning restore CA1031
        {
            Log.Unexpected(logger, e);
            await FailAsync(claimed, notice, SyncFailure.Transient("errors.internal"), [], ct);
        }
    }

    private async Task FailAsync(ClaimedNotice claimed, AlertNotice notice, SyncFailure failure, IReadOnlyList<string> taken, CancellationToken ct)
    {
        var noted = new NoticeFailure(failure, RecipientMarks.With(notice, taken));

        // a wall that stands today may not stand tomorrow, but nobody waits for it: the same limits hold for all but what is permanent
        if (failure.Kind != FailureKind.Transient || notice.Attempts > options.Waits.Count)
        {
            await _notices.SettleAsync(claimed, AlertNotice.Dead, noted, TimeSpan.Zero, ct);
            Log.GivenUp(logger, notice.Event, notice.Attempts, failure.MessageKey);
            return;
        }

        var wait = options.Waits[notice.Attempts - 1];
        if (failure.RetryAfter is { } wished && wished > wait) wait = wished;
        await _notices.SettleAsync(claimed, AlertNotice.Pending, noted, wait, ct);
    }

    private NoticeMessage Message(AlertNotice notice, Alert alert, string language) => new(
        notice.NoticeId.ToString("D"), notice.Event, notice.CreatedAt, texts.Of(alert, language), notice.Event == ChannelEvents.Over,
        new JsonObject
        {
            ["alert_id"] = alert.AlertId,
            ["tenant_id"] = alert.TenantId,
            ["rule_id"] = alert.RuleId,
            ["condition"] = alert.Condition,
            ["subject"] = alert.Subject.Length == 0 ? null : alert.Subject,
            ["value"] = alert.Value,
            ["threshold"] = alert.Threshold,
            ["window_seconds"] = alert.WindowSeconds == 0 ? null : alert.WindowSeconds,
            ["opened_at"] = alert.OpenedAt,
            ["over_at"] = alert.OverAt,
        });

    private NoticeMessage Message(AlertNotice notice, EndedJob job, string language) => new(
        notice.NoticeId.ToString("D"), notice.Event, notice.CreatedAt, texts.Of(job, language), job.Status == "completed",
        new JsonObject
        {
            ["job_id"] = job.JobId,
            ["tenant_id"] = notice.TenantId,
            ["source_id"] = job.SourceId,
            ["status"] = job.Status,
            ["record_count"] = job.Records,
            ["error_count"] = job.Rejected,
            ["duration_ms"] = job.DurationMs,
            ["completed_at"] = job.CompletedAt,
            ["correlation_id"] = job.CorrelationId,
            ["message_key"] = job.ErrorKey,
        });

    private static partial class Log
    {
        [LoggerMessage(1902, LogLevel.Error, "Sending notices failed; what is due stays due")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(1911, LogLevel.Error, "A notice met with something unforeseen; it is tried again like any other")]
        public static partial void Unexpected(ILogger logger, Exception exception);

        [LoggerMessage(1903, LogLevel.Warning, "A notice of {Event} was given up after {Attempts} tries: {MessageKey}")]
        public static partial void GivenUp(ILogger logger, string @event, int attempts, string messageKey);
    }
}
