using System.Text.Json;
using DataSync.Jobs.Inline;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Jobs.Webhooks.Receive;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Correlation;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Http;

namespace DataSync.Jobs.Webhooks.Direct;

/// <summary>Deliveries that the process which takes them runs itself: of realtime sources, and the first part of hybrid ones.</summary>
internal sealed class DirectPush(DirectClaims claims, InlineRunner runner, InlineAnswers answers, TimeProvider time)
{
    public const string DeliveryHeader = "DataSync-Delivery-Id";

    /// <summary>Runs the sync and answers with its result; a repeat of one that completed gets its outcome alone, since nothing else is kept.</summary>
    public async Task RealtimeAsync(HttpContext http, PushSource source, DeliveryName name, byte[] payload)
    {
        var start = Start(http, source, payload);
        http.Response.Headers[DeliveryHeader] = name.Id.ToString("D");
        http.Response.ContentType = "application/json; charset=utf-8";
        if (await ClaimAsync(name, start, payload.Length) is { } done)
        {
            var outcome = new Dictionary<string, string>(StringComparer.Ordinal) { ["job_id"] = done.ToString("D"), ["status"] = JobStatus.Completed };
            http.Response.Headers["Idempotency-Replayed"] = "true";
            await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(outcome), http.RequestAborted);
            return;
        }

        await RunAsync(name, start, () => runner.RealtimeAsync(start, answers.To(http.Response.BodyWriter, start.Language), http.RequestAborted));
    }

    /// <summary>Exports what is for memory, commits the rest; returns the delivery's id once that is done, now or when it was first sent.</summary>
    public async Task<Guid> HybridAsync(HttpContext http, PushSource source, DeliveryName name, byte[] payload)
    {
        var start = Start(http, source, payload);
        if (await ClaimAsync(name, start, payload.Length) is null) await RunAsync(name, start, () => runner.HybridPushAsync(start, http.RequestAborted));
        return name.Id;
    }

    /// <summary>Null where the delivery is this request's to run; else the job that has done it.</summary>
    private async Task<Guid?> ClaimAsync(DeliveryName name, InlineStart start, int bytes)
    {
        var claim = await claims.TakeAsync(name, start.WorkId!.Value, bytes, CancellationToken.None);
        return claim switch
        {
            DirectClaim.Taken => null,
            DirectClaim.Done { JobId: var job } => job,
            _ => throw new SyncFailureException(WebhookFailure.InProgress),
        };
    }

    /// <summary>What fails is forgotten, unless it is known to be safe, so that the sender's next try runs it.</summary>
    private async Task RunAsync(DeliveryName name, InlineStart start, Func<Task<SyncJob>> run)
    {
        try
        {
            await run();
        }
        catch
        {
            await claims.LetGoAsync(name, start.WorkId!.Value);
            throw;
        }
    }

    private InlineStart Start(HttpContext http, PushSource source, byte[] payload) => new()
    {
        TenantId = source.TenantId,
        SourceId = source.SourceId,
        Plan = source.Plan ?? throw new SyncFailureException(WebhookFailure.Paused),
        Payload = payload,
        WorkId = Guid.CreateVersion7(time.GetUtcNow()),
        CreatedBy = "webhook",
        CorrelationId = CorrelationId.Of(http),
        Language = RequestLanguage.Of(http),
    };
}
