using DataSync.Jobs.Webhooks.Direct;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>
/// The walk of one delivery up to its answer: size, signature and time over the bytes as they came, repeat, disk, 202. Nothing is told, and nothing asked of the database, that depends
/// on what a stranger sends.
/// </summary>
internal sealed class WebhookReceiver(
    PushSources sources, DeliveryNames names, Inbox.Inbox inbox, DirectPush direct, BodyMemory memory, WebhookOptions options, ProblemWriter problems, TimeProvider time)
{
    private static ReadOnlySpan<byte> Before => "{\"delivery_id\":\""u8;

    private static ReadOnlySpan<byte> After => "\"}"u8;

    public async Task ReceiveAsync(HttpContext http)
    {
        if (DeliveryBody.HeaderFailure(http.Request, options.MaxBytes) is { } wrong)
        {
            await problems.WriteAsync(http, wrong);
            return;
        }

        using var share = memory.Open();
        var read = await DeliveryBody.ReadAsync(http.Request, options, share, time, http.RequestAborted);
        if (read.Failure is { } unread)
        {
            await problems.WriteAsync(http, unread);
            return;
        }

        var asked = sources.Now;
        var source = await FindAsync(http);
        var door = source?.Door ?? sources.Closed;
        var verdict = door(new PushRequest(name => http.Request.Headers[name] is [{ } value] ? value : null, read.Bytes));
        if (!verdict.IsAccepted || source is null)
        {
            // who waits to be refused holds no memory
            share.Dispose();
            await sources.SettleAsync(asked, http.RequestAborted);
            await problems.WriteAsync(http, WebhookFailure.Refused);
            return;
        }

        if (verdict.Reply is { } reply)
        {
            await AnswerAsync(http, StatusCodes.Status200OK, reply);
            return;
        }

        if (await TakeAsync(http, source, verdict, read.Bytes, share) is { } refused) await problems.WriteAsync(http, refused);
    }

    /// <summary>Takes in what is let in and answers it; else returns what to answer.</summary>
    private async ValueTask<SyncFailure?> TakeAsync(HttpContext http, PushSource source, PushVerdict verdict, byte[] body, BodyMemory.Share share)
    {
        if (!source.IsActive) return WebhookFailure.Paused;
        var unpacked = await DeliveryBody.UnpackAsync(http.Request, body, options, share, http.RequestAborted);
        if (unpacked.Failure is { } wrong) return wrong;
        var name = names.Of(source.TenantId, source.SourceId, verdict.Identity.Span, verdict.WebhookId);
        if (source.Mode == SyncModes.Realtime)
        {
            await direct.RealtimeAsync(http, source, name, unpacked.Bytes);
            return null;
        }

        var stored = source.Mode == SyncModes.Hybrid
            ? StoredDelivery.On(await direct.HybridAsync(http, source, name, unpacked.Bytes))
            : await inbox.StoreAsync(new InboxEntry(name, unpacked.Bytes));
        if (stored.Failure is { } refused) return refused;
        await AcceptAsync(http, stored.Id);
        return null;
    }

    private static ValueTask AcceptAsync(HttpContext http, Guid id)
    {
        var json = GC.AllocateUninitializedArray<byte>(Before.Length + 36 + After.Length);
        Before.CopyTo(json);
        id.TryFormat(json.AsSpan(Before.Length), out _, "D");
        After.CopyTo(json.AsSpan(Before.Length + 36));
        return AnswerAsync(http, StatusCodes.Status202Accepted, json);
    }

    private static async ValueTask AnswerAsync(HttpContext http, int status, ReadOnlyMemory<byte> json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = json.Length;
        await http.Response.BodyWriter.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>What is no id names nobody: it is not told apart from an id that nobody has.</summary>
    private async ValueTask<PushSource?> FindAsync(HttpContext http)
    {
        var (tenant, source) = (RouteId.Read(http, "tenant_id").Value, RouteId.Read(http, "source_id").Value);
        return tenant.Length == 0 || source.Length == 0 ? null : await sources.FindAsync(tenant, source);
    }
}
