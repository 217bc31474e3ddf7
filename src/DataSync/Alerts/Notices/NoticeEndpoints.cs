using System.Globalization;
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

namespace DataSync.Alerts.Notices;

/// <summary>A notice as it is shown. It says why the last try failed, where one has.</summary>
internal sealed record NoticeView(
    Guid NoticeId, string ChannelId, string Event, Guid? AlertId, Guid? JobId, string State, int Attempts, DateTimeOffset? NextAttemptAt, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, string? ErrorCode, string? Message);

/// <summary>Query of <c>GET /api/alert-notices</c>.</summary>
internal sealed record NoticeListQuery(string? State, PageRequest Page) : IRequestQuery<NoticeListQuery>
{
    public static NoticeListQuery Read(QueryReader query)
    {
        var state = query.OptionalOneOf("state", "Only notices in this state.", AlertNotice.States);
        return new NoticeListQuery(state, query.Page($"alert_notices {state}"));
    }
}

internal static class NoticeEndpoints
{
    private const string Example = """
        {"notice_id":"019f0000-0000-7000-8000-000000000000","channel_id":"on-call","event":"alert.opened","alert_id":"019f0000-0000-7000-8000-000000000001","job_id":null,"state":"pending","attempts":1,
         "next_attempt_at":"2026-01-31T08:00:05Z","created_at":"2026-01-31T08:00:00Z","ended_at":null,"error_code":"SYNC_332","message":"The receiver answered 503."}
        """;

    public static void MapNotices(this IEndpointRouteBuilder endpoints)
    {
        var notices = endpoints.MapApiGroup("/api/alert-notices", "Alerts");
        notices.MapGet("", ListAsync).RequireScope(ApiScope.SyncRead).NotAudited("It is shown what was told to whom, and no record.").WithApi(
            "List what channels were told", "The newest first. What a receiver does not take is tried again for half a day, and then lies here as `dead`.", response: $$"""{"items":[{{Example}}],"next_cursor":null}""");
        notices.MapPost("{notice_id}/retry", RetryAsync).RequireScope(ApiScope.SyncWrite).AuditsChange("alert_notice.retry", "alert_notice", "notice_id").WithApi("Send a dead letter again", "With all its tries. One that is not dead stays as it is.", response: Example);
    }

    [Answers<Page<NoticeView>>]
    private static async Task<IResult> ListAsync(Query<NoticeListQuery> query, Caller caller, NoticeStore store, Messages messages, ErrorCatalogue catalogue, CursorCodec cursors, CancellationToken ct)
    {
        var (state, page) = query.Value;
        var before = page.After is [var at, var id] ? (DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), Guid.Parse(id)) : ((DateTimeOffset, Guid)?)null;
        var found = await store.ListAsync(caller.Tenant, state, before, page.Fetch, ct);
        return TypedResults.Ok(cursors.Page(caller, page, [.. found.Select(n => View(n, caller, messages, catalogue))], n => [n.CreatedAt.ToString("O", CultureInfo.InvariantCulture), n.NoticeId.ToString("D")]));
    }

    [Answers<NoticeView>]
    private static async Task<IResult> RetryAsync(RouteGuid noticeId, Caller caller, NoticeStore store, Messages messages, ErrorCatalogue catalogue, CancellationToken ct)
        => await store.ReviveAsync(caller.Tenant, noticeId.Value, ct) is { } notice ? TypedResults.Ok(View(notice, caller, messages, catalogue)) : Problem.NotFound();

    private static NoticeView View(AlertNotice notice, Caller caller, Messages messages, ErrorCatalogue catalogue)
    {
        var failure = NoticeFailure.Read(notice.Failure)?.Failure;
        return new NoticeView(
            notice.NoticeId, notice.ChannelId, notice.Event, notice.AlertId, notice.JobId, notice.State, notice.Attempts, notice.State == AlertNotice.Pending ? notice.NextAt : null, notice.CreatedAt, notice.EndedAt,
            failure is null ? null : (catalogue.Find(failure.MessageKey) ?? catalogue.Internal).Code, failure is null ? null : messages.Format(failure.MessageKey, caller.Language, failure.Params));
    }
}
