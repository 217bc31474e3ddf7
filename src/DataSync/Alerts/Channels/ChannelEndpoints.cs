using System.Text.Json.Nodes;
using DataSync.Alerts.Notices;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Alerts.Channels;

internal static class ChannelEndpoints
{
    private const string Example = """
        {"channel_id":"on-call","kind":"webhook","host":"hooks.example.com","url":"***","secret":"***","recipients":null,"events":["alert.opened","alert.over","job.failed"],"language":null,"enabled":true,
         "version":1,"created_by":"alice","created_at":"2026-01-31T08:00:00Z","updated_at":"2026-01-31T08:00:00Z"}
        """;

    public static void MapChannels(this IEndpointRouteBuilder endpoints)
    {
        var channels = endpoints.MapApiGroup("/api/alert-channels", "Alerts");
        channels.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("Channels are shown without their addresses and secrets.").WithApi("List the channels that are told", "By their ids, page by page. Addresses and secrets never come back.", response: $$"""{"items":[{{Example}}],"next_cursor":null}""");
        channels.MapGet("{channel_id}", GetAsync).RequireScope(ApiScope.SyncRead).NotAudited("A channel is shown without its address and secret.").WithApi("Show a channel", "404 for one that is not the tenant's.", response: Example);
        channels.MapPut("{channel_id}", ReplaceAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("alert_channel.replace", "alert_channel", "channel_id").WithApi(
            "Make or replace a channel",
            "`webhook`: `url`, and `secret` as `whsec_` and the base64 of 24 to 64 bytes; without one it is made and told this once. Signed by the rules of Standard Webhooks, with the notice's id as `webhook-id`. "
            + "`slack`: the `url` of an incoming webhook. `email`: `recipients`, by the operator's mail server. https, unless the operator excepts the host, and only where the operator lets this installation connect. "
            + "`***` sent back keeps what is stored; a secret is kept for the same address alone. `events` are the two of alerts by default.",
            """{"kind":"webhook","url":"https://hooks.example.com/datasync","events":["alert.opened","alert.over","job.failed"]}""", Example);
        channels.MapDelete("{channel_id}", DeleteAsync).RequireScope(ApiScope.SourcesWrite).AuditsChange("alert_channel.delete", "alert_channel", "channel_id").WithApi("Delete a channel", "What it was not told yet, it is not told.", status: StatusCodes.Status204NoContent);
        channels.MapPost("{channel_id}/test", TestAsync).RequireScope(ApiScope.SourcesWrite).AuditsAccess("alert_channel.test", "alert_channel", "channel_id").WithApi(
            "Try a channel", "Sends a message at once, whatever the channel's events are. A receiver that does not take it is told as an error.", response: """{"delivered":true}""");
    }

    [Answers<Page<ChannelView>>]
    private static async Task<IResult> ListAsync(Query<ChannelListQuery> query, Caller caller, ChannelStore store, CursorCodec cursors, CancellationToken ct)
    {
        var page = query.Value.Page;
        var found = await store.ListAsync(caller.Tenant, page.After is [var last] ? last : "", page.Fetch, ct);
        return TypedResults.Ok(cursors.Page(caller, page, [.. found.Select(c => ChannelView.Of(c))], c => [c.ChannelId]));
    }

    [Answers<ChannelView>]
    private static async Task<IResult> GetAsync(RouteId channelId, Caller caller, ChannelStore store, CancellationToken ct)
        => await store.FindAsync(caller.Tenant, channelId.Value, ct) is { } channel ? TypedResults.Ok(ChannelView.Of(channel)) : Problem.NotFound();

    [Answers<ChannelView>]
    private static async Task<IResult> ReplaceAsync(AlertId channelId, Body<ChannelBody> body, Caller caller, ChannelStore store, Messages messages, CancellationToken ct)
    {
        if (messages.LanguageFaults(body.Value.Language) is { Count: > 0 } faults) return Problem.From(faults);
        var (channel, secret) = await store.ReplaceAsync(caller.Tenant, channelId.Value, body.Value, caller.Subject, ct);
        return TypedResults.Ok(ChannelView.Of(channel, secret));
    }

    private static async Task<IResult> DeleteAsync(RouteId channelId, Caller caller, ChannelStore store, CancellationToken ct)
        => await store.DeleteAsync(caller.Tenant, channelId.Value, ct) ? TypedResults.NoContent() : Problem.NotFound();

    [Answers<Delivery>]
    private static async Task<IResult> TestAsync(RouteId channelId, Caller caller, ChannelStore store, NoticeText texts, TimeProvider time, CancellationToken ct)
    {
        if (await store.OpenAsync(caller.Tenant, channelId.Value, ct) is not { } found) return Problem.NotFound();
        var text = await texts.TestAsync(caller.Tenant, found.Channel, ct);
        var message = new NoticeMessage(Guid.CreateVersion7().ToString("D"), "test", time.GetUtcNow(), text, IsGood: true, new JsonObject { ["tenant_id"] = caller.Tenant, ["channel_id"] = found.Channel.ChannelId });
        await store.SenderOf(found.Channel.Kind).SendAsync(found.Target, message, ct);
        return TypedResults.Ok(new Delivery(true));
    }

    /// <summary>What became of a try.</summary>
    internal sealed record Delivery(bool Delivered);
}
