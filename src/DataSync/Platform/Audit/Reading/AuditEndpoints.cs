using System.Globalization;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Audit.Reading;

/// <summary><c>/api/audit</c>: the tenant's audit log, for its administrators and auditors.</summary>
[ApiTag("Audit", "Who changed what, and who was shown which records.")]
internal static class AuditEndpoints
{
    private const string Fields = """
        "sequence":42,"time":"2026-01-31T08:00:00Z","actor_kind":"user","actor":"alice","client":"console","action":"source.delete","target_kind":"source","target":"orders-db","outcome":"succeeded",
         "correlation_id":"0af7651916cd43dd8448eb211c80319c"
        """;

    private const string Line = $$"""
        {"tenant_id":"acme",{{Fields}},"details":"{}","salt":"000102030405060708090a0b0c0d0e0f","digest":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","previous":"0000000000000000000000000000000000000000000000000000000000000000","hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
        """;

    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder endpoints)
    {
        var audit = endpoints.MapApiGroup("/api/audit", "Audit");
        audit.MapGet("", ListAsync).RequireScope(ApiScope.AuditRead).AuditsAccess("audit.read", "audit").WithApi(
            "Read the audit log",
            "What was changed and which records were accessed, by whom, from the newest to the oldest, filtered by time, actor, action and target. An entry is here within two seconds or so. `actor`, `client`, `target` and `details` are null in one whose words were erased.",
            response: $$$"""{"items":[{{{{Fields}}},"details":{}}],"next_cursor":null}""");
        audit.MapGet("/export", Export).RequireScope(ApiScope.AuditRead).AuditsAccess("audit.export", "audit").WithApi(
            "Export the audit log",
            "An entry a line, from the oldest to the newest, with its hash and the one before: without a filter, the chain can be verified by whoever has the file. `details` is the text that was hashed. It may begin behind the first entry, where the operator keeps entries for a time.",
            response: Line, responseType: "application/jsonl");
        return endpoints;
    }

    [Answers<Page<AuditView>>]
    private static async Task<IResult> ListAsync(Caller caller, Query<AuditPage> query, TenantDatabase database, CursorCodec cursors, CancellationToken ct)
    {
        var (selection, page) = query.Value;
        await using var transaction = await database.BeginAsync(caller.Tenant, ct);
        var entries = selection.Of(transaction.Db.Set<ChainedAuditEntry>().AsNoTracking());
        if (page.After is [var after])
        {
            var last = long.Parse(after, CultureInfo.InvariantCulture);
            entries = entries.Where(e => e.Sequence < last);
        }

        var found = await entries.OrderByDescending(e => e.Sequence).Take(page.Fetch).ToListAsync(ct);
        var shown = cursors.Page(caller, page, found, e => [e.Sequence.ToString(CultureInfo.InvariantCulture)]);
        return TypedResults.Ok(new Page<AuditView>([.. shown.Items.Select(AuditView.Of)], shown.NextCursor));
    }

    private static AuditExport Export(Caller caller, Query<AuditSelection> query, TenantDatabase database) => new(database, caller.Tenant, query.Value);

    /// <summary>An entry as the API shows it.</summary>
    internal sealed record AuditView(
        long Sequence, DateTimeOffset Time, string ActorKind, string? Actor, string? Client, string Action, string TargetKind, string? Target, string Outcome, string CorrelationId, RawJson? Details)
    {
        public static AuditView Of(ChainedAuditEntry e) => new(
            e.Sequence, e.Time, e.ActorKind, e.Actor, e.Client, e.Action, e.TargetKind, e.Target, e.Outcome, e.CorrelationId, e.Details is null ? null : new RawJson(e.Details));
    }
}
