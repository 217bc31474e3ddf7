using System.Text.Json;
using DataSync.Platform.Authentication;
using DataSync.Platform.Authentication.ApiKeys;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Tenancy;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Audit.Requests;

/// <summary>
/// What one request, or one command, will leave in the audit log. It goes with the work, not through its signatures: whoever commits the change
/// (<see cref="AuditedCommits"/>) finds it, however deep, and who asked cannot be mistaken on the way.
/// </summary>
internal sealed class AuditTrail
{
    private static readonly AsyncLocal<AuditTrail?> Ambient = new();

    private readonly AuditedRoute _route;
    private readonly TimeProvider _time;
    private (string Kind, string Name, string? Client) _actor = (AuditActor.System, "", null);
    private string _correlationId = "", _target = "";
    private string? _part;
    private bool _ended;

    private AuditTrail(AuditedRoute route, TimeProvider time) => (_route, _time) = (route, time);

    /// <summary>That of the work this is part of; null where nobody asked for it.</summary>
    public static AuditTrail? Current => Ambient.Value is { _ended: false } trail ? trail : null;

    /// <summary>Whose log; null until it is known, for whoever comes with a link.</summary>
    public string? Tenant { get; private set; }

    /// <summary>Whether the entry was committed with a change.</summary>
    public bool IsWritten { get; private set; }

    /// <summary>Begins the trail of a request.</summary>
    public static AuditTrail Begin(HttpContext http, AuditedRoute route, TimeProvider time)
    {
        var trail = new AuditTrail(route, time) { Tenant = Caller.TenantOf(http), _correlationId = AuditText.Of(Http.Correlation.CorrelationId.Of(http), 64) };
        if (trail.Tenant is not null)
        {
            var client = http.User.FindFirst("client_id")?.Value ?? http.User.FindFirst("azp")?.Value;
            trail._actor = (KindOf(http), AuditText.Of(Caller.Of(http).Subject, 255), client is null ? null : AuditText.Of(client, 255));
        }

        if (route.Target is { } target) trail._target = AuditText.Of(RouteId.TextOf(http, target), AuditMapping.MaxTarget);
        if (route.Part is { } part) trail._part = AuditText.Of(RouteId.TextOf(http, part), AuditMapping.MaxTarget);
        return Ambient.Value = trail;
    }

    private static string KindOf(HttpContext http)
        => http.Features.Get<GoodApiKey>() is not null ? AuditActor.ApiKey : http.User.FindFirst("sub") is null ? AuditActor.Client : AuditActor.User;

    /// <summary>Begins the trail of an operator's command about a tenant.</summary>
    public static AuditTrail Begin(string command, string action, string targetKind, string tenantId, TimeProvider time)
        => Ambient.Value = new AuditTrail(new AuditedRoute(AuditKind.Change, action, targetKind, null, null), time) { Tenant = tenantId, _actor = (AuditActor.Command, command, null) };

    /// <summary>Names what the action is about, or which part of it, where the path does not.</summary>
    public static void About(string? target, string? part = null)
    {
        if (Current is not { } trail) return;
        if (target is not null) trail._target = AuditText.Of(target, AuditMapping.MaxTarget);
        if (part is not null) trail._part = AuditText.Of(part, AuditMapping.MaxTarget);
    }

    /// <summary>Whoever holds a link has no token: the link says whose tenant it is.</summary>
    public static void ByLink(string tenantId, string target, string part)
    {
        if (Current is not { Tenant: null } trail) return;
        (trail.Tenant, trail._actor) = (tenantId, (AuditActor.Link, "", null));
        (trail._target, trail._part) = (AuditText.Of(target, AuditMapping.MaxTarget), AuditText.Of(part, AuditMapping.MaxTarget));
    }

    /// <summary>Whoever shows a token, or what was got with one, in the request itself.</summary>
    public static void By(string tenantId, string? subject, string? client = null)
    {
        if (Current is { Tenant: null } trail) (trail.Tenant, trail._actor) = (tenantId, (subject is null ? AuditActor.Client : AuditActor.User, AuditText.Of(subject ?? client ?? "", 255), null));
    }

    /// <summary>For the operator's routes that act on another tenant than their caller's: what is done to a tenant is in its own log. Whoever is refused before stays in the caller's.</summary>
    public static void InLogOf(string tenantId)
    {
        if (Current is { IsWritten: false } trail) trail.Tenant = tenantId;
    }

    /// <summary>Adds the entry to the transaction that holds the change, once; the caller commits, and says so by <see cref="Written"/>.</summary>
    public async Task AddAsync(TenantTransaction transaction, CancellationToken ct)
    {
        if (IsWritten) return;
        if (!string.Equals(Tenant, transaction.TenantId, StringComparison.Ordinal)) throw new InvalidOperationException("A request changes something of another tenant than its caller's.");
        await AuditInsert.AddAsync(transaction, Entry(AuditOutcome.Succeeded), ct);
    }

    public void Written() => IsWritten = true;

    /// <summary>The work is done: what goes on in the background leaves nothing in its name.</summary>
    public void End() => _ended = true;

    /// <summary>The entry, about an action that ended so.</summary>
    public PendingAuditEntry Entry(string outcome, int? status = null, string? code = null)
    {
        Dictionary<string, object> details = new(StringComparer.Ordinal);
        if (_part is not null) details["part"] = _part;
        if (status is { } answered) details["status"] = answered;
        if (code is not null) details["error_code"] = code;
        return new PendingAuditEntry
        {
            TenantId = Tenant ?? throw new InvalidOperationException("Nobody knows whose audit log this belongs to."),
            Time = _time.GetUtcNow(),
            ActorKind = _actor.Kind,
            Actor = _actor.Name,
            Client = _actor.Client,
            Action = _route.Action,
            TargetKind = _route.TargetKind,
            Target = _target,
            Outcome = outcome,
            CorrelationId = _correlationId,
            Details = JsonSerializer.Serialize(details),
        };
    }
}
