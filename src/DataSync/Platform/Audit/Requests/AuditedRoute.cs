using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Audit.Requests;

/// <summary>What an endpoint has to do with the audit log.</summary>
internal enum AuditKind
{
    /// <summary>It changes something: its entry commits with the change.</summary>
    Change,

    /// <summary>It shows records, or uses what is stored without changing it: its entry is on disk before the first byte of the answer.</summary>
    Access,

    /// <summary>It does neither.</summary>
    None,
}

/// <summary>What an endpoint leaves in the audit log. Every endpoint of the API says so, or says why it leaves nothing.</summary>
/// <param name="Kind">Change or access.</param>
/// <param name="Action">Such as <c>source.delete</c>.</param>
/// <param name="TargetKind">Such as <c>source</c>.</param>
/// <param name="Target">The part of the path that is the target's id; null where the handler names it, or there is one of its kind.</param>
/// <param name="Part">The part of the path that says which part of the target; null where there is none.</param>
internal sealed record AuditedRoute(AuditKind Kind, string Action, string TargetKind, string? Target, string? Part)
{
    /// <summary>What the request's endpoint says; for one that changes something and says nothing, its method and path. Null where nothing is to be left.</summary>
    public static AuditedRoute? Of(HttpContext http)
    {
        var endpoint = http.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<AuditedRoute>() is { } said) return said.Kind == AuditKind.None ? null : said;
        if (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)) return null;
        return new AuditedRoute(AuditKind.Change, AuditText.Of($"{http.Request.Method} {(endpoint as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText}", 100), "", null, null) { IsSaid = false };
    }

    /// <summary>Whether the endpoint says it itself.</summary>
    public bool IsSaid { get; init; } = true;
}

/// <summary>How an endpoint says it.</summary>
internal static class AuditedRoutes
{
    /// <summary>It changes something; the handler commits the change with <see cref="AuditedCommits.CommitChangeAsync"/>.</summary>
    public static TBuilder AuditsChange<TBuilder>(this TBuilder builder, string action, string targetKind, string? target = null, string? part = null) where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new AuditedRoute(AuditKind.Change, action, targetKind, target, part));

    /// <summary>It shows records, or uses something; it writes no byte of its answer before its handler has returned.</summary>
    public static TBuilder AuditsAccess<TBuilder>(this TBuilder builder, string action, string targetKind, string? target = null, string? part = null) where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new AuditedRoute(AuditKind.Access, action, targetKind, target, part));

    /// <summary>It leaves nothing, for the reason given.</summary>
    public static TBuilder NotAudited<TBuilder>(this TBuilder builder, string why) where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new AuditedRoute(AuditKind.None, why, "", null, null));
}
