using System.Text;
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
    PushSources sources, DeliveryNames names, Inbox.Inbox inbox, DirectPush direct, BodyMemory memory, WebhookOptions options, ProblemWriter problems)
{
    public async Task ReceiveAsync(HttpContext http)
    {
        if (DeliveryBody.HeaderFailure(http.Request, options.MaxBytes) is { } wrong)
        {
            await problems.WriteAsync(http, wrong);
            return;
        }

        using var share = memory.Open();
        var body = await DeliveryBody.ReadAsync(http.Request, options.MaxBytes, share, http.RequestAborted);
        var source = await FindAsync(http);
        var verdict = (source?.Door ?? sources.Closed)(new PushRequest(name => http.Request.Headers[name] is [{ } value] ? value : null, body));
        if (!verdict.IsAccepted || source is null)
        {
            await problems.WriteAsync(http, WebhookFailure.Refused);
            return;
        }

        if (verdict.Reply is { } reply)
        {
            await AnswerAsync(http, StatusCodes.Status200OK, reply);
            return;
        }

        if (!source.IsActive) throw new SyncFailureException(WebhookFailure.Paused);
        var payload = await DeliveryBody.UnpackAsync(http.Request, body, options, share, http.RequestAborted);
        await TakeAsync(http, source, names.Of(source.TenantId, source.SourceId, verdict.Identity.Span, verdict.WebhookId), payload);
    }

    private async Task TakeAsync(HttpContext http, PushSource source, DeliveryName name, byte[] payload)
    {
        if (source.Mode == SyncModes.Realtime) await direct.RealtimeAsync(http, source, name, payload);
        else if (source.Mode == SyncModes.Hybrid) await AcceptAsync(http, await direct.HybridAsync(http, source, name, payload));
        else await AcceptAsync(http, await inbox.StoreAsync(new InboxEntry(name, payload)));
    }

    private static Task AcceptAsync(HttpContext http, Guid id) => AnswerAsync(http, StatusCodes.Status202Accepted, Encoding.ASCII.GetBytes($$"""{"delivery_id":"{{id:D}}"}"""));

    private static async Task AnswerAsync(HttpContext http, int status, ReadOnlyMemory<byte> json)
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
