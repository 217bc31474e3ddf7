using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.RateLimits;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Monitoring;

/// <summary>One check as it is answered.</summary>
internal sealed record HealthCheckAnswer(string Name, string Status, double DurationMs, string? ErrorCode, string? MessageKey, string? Message);

/// <summary>The answer of both probes; the checks only for observers.</summary>
internal sealed record HealthAnswer(string Status, IReadOnlyList<HealthCheckAnswer>? Checks);

[ApiTag("Health", "Probes for whoever keeps the processes running.")]
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/health").AllowAnonymous().WithTags("Health").WithMetadata(new ProbeEndpoint());
        group.MapGet("/live", () => TypedResults.Ok(new HealthAnswer("ok", null)))
            .WithApi("Is the process alive?", "Asks nothing but the process itself: restart it if this fails.", response: """{"status":"ok","checks":null}""");
        group.MapGet("/ready", ReadyAsync).WithApi(
            "Can the service work?",
            "Asks everything the service needs. 503 if any of it fails. The single checks are shown to the addresses of `DATASYNC_METRICS_ALLOW` only.",
            response: """{"status":"ok","checks":[{"name":"database","status":"ok","duration_ms":1.2,"error_code":null,"message_key":null,"message":null}]}""")
            .WithOtherAnswer("Something that the service needs is away", """{"status":"failed","checks":null}""", StatusCodes.Status503ServiceUnavailable);
        endpoints.MapPrometheusScrapingEndpoint("/metrics").AllowAnonymous().WithMetadata(new ObserversOnly(), new ProbeEndpoint());
    }

    [Answers<HealthAnswer>]
    [Answers<HealthAnswer>(StatusCodes.Status503ServiceUnavailable)]
    private static async Task<IResult> ReadyAsync(
        HttpContext context, Readiness readiness, ObserverAllowList observers, Messages messages, ErrorCatalogue catalogue)
    {
        var results = await readiness.AskAsync(context.RequestAborted);
        var language = RequestLanguage.Of(context);
        var shown = observers.Allows(context.Connection.RemoteIpAddress) ? results.Select(Answer).ToArray() : null;
        var ok = results.All(r => r.Failure is null);
        return TypedResults.Json(new HealthAnswer(ok ? "ok" : "failed", shown), statusCode: ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);

        HealthCheckAnswer Answer(ReadinessResult result) => new(
            result.Name, result.Failure is null ? "ok" : "failed", Math.Round(result.Milliseconds, 1),
            result.Failure is null ? null : (catalogue.Find(result.Failure.MessageKey) ?? catalogue.Internal).Code,
            result.Failure?.MessageKey,
            result.Failure is { } failure ? messages.Format(failure.MessageKey, language, failure.Params) : null);
    }
}
