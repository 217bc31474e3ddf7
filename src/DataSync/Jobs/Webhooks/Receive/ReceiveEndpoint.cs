using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs.Webhooks.Receive;

/// <summary><c>POST /api/webhooks/{tenant_id}/{source_id}</c>: open to everybody, since a signature is what lets a request in.</summary>
internal static class ReceiveEndpoint
{
    private const string Ids = "Text of 1 to 255 code points, percent-encoded, or `~` and the base64url of its UTF-8.";

    public static void MapReceive(this IEndpointRouteBuilder endpoints)
    {
        var options = endpoints.ServiceProvider.GetRequiredService<WebhookOptions>();
        var receiver = endpoints.ServiceProvider.GetRequiredService<WebhookReceiver>();

        // The receiver counts a body's own bytes. The server counts what frames its chunks as well, so its limit is beyond: at the same one it would refuse a body that may be as large.
        // Nothing behind the routing has anything to do here: no token is looked at, none opens the door, and the limits are the receiver's own.
        endpoints.MapPost("/api/webhooks/{tenant_id}/{source_id}", (Delegate)((HttpContext http) => receiver.ReceiveAsync(http)))
            .ShortCircuit().AllowAnonymous().WithTags("Webhooks").WithBodyLimit(2L * options.MaxBytes)
            .WithMetadata(new PathParameterShape("tenant_id", "The tenant. " + Ids), new PathParameterShape("source_id", "A source of type `webhook`. " + Ids))
            .WithApi(
                "Take in a delivery",
                "For providers, who sign what they send as the source's `scheme` says; no token. The body is JSON as the provider makes it, plain or `gzip`.\n\n"
                + "202 with `delivery_id` once the delivery is on disk, and the same again for a repeat. A source of mode `realtime` answers 200 with the sync's result, one of mode `hybrid` "
                + "202 once its memory part is exported and the rest is on disk. A Slack challenge is answered with it.\n\n"
                + "Never 410: a provider would take the webhook down.",
                response: """{"delivery_id":"5f3c1d2e-8a4b-8c6d-9e0f-1a2b3c4d5e6f"}""", status: StatusCodes.Status202Accepted)
            .WithOtherAnswer("A source of mode realtime: the sync is done", Inline.InlineEndpoint.Example, StatusCodes.Status200OK)
            .WithRefusals(
                (400, "The body is not gzip, though it says so."),
                (401, "Unsigned, wrongly signed, too old, or sent to a source that does not exist: one answer for all."),
                (413, "The body is too large, as it came or decompressed."),
                (415, "The body's type is not `application/json`, or it is encoded otherwise than by gzip."),
                (429, "Others of this tenant's wait already; see `Retry-After`."),
                (500, "A mistake on our side."),
                (503, "Not now; see `Retry-After`."));
    }
}
