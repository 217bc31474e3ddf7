using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Audit.Requests;

/// <summary>
/// The outermost filter of every endpoint of the API. An access is on disk before its answer begins, or it is refused; a change commits its entry itself; what was
/// refused, and what went well without a change, is told of afterwards.
/// </summary>
internal sealed class AuditFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (AuditedRoute.Of(http) is not { } route) return await next(context);

        // A floor without a database has no log; an endpoint that says it is audited does not run without one.
        var services = http.RequestServices;
        if (services.GetService<AuditOptions>() is { IsKept: false }) return await next(context);
        if ((route.IsSaid ? services.GetRequiredService<AuditJournal>() : services.GetService<AuditJournal>()) is not { } journal) return await next(context);
        var trail = AuditTrail.Begin(http, route, services.GetRequiredService<TimeProvider>());
        try
        {
            var answer = await next(context);
            var (status, code) = StatusOf(http, answer);
            try
            {
                await TellAsync(journal, trail, route, status, code, http.RequestAborted);
            }
            catch when (answer is FileStreamHttpResult { FileStream: var unsent })
            {
                await unsent.DisposeAsync();
                throw;
            }

            return answer;
        }
        catch (Exception e)
        {
            Offer(journal, trail, services, e);
            throw;
        }
        finally
        {
            trail.End();
        }
    }

    /// <summary>A request that came no further than to its scopes; of an endpoint that shows no record and changes nothing, nothing is told.</summary>
    public static void Refused(HttpContext http, int status)
    {
        if (AuditedRoute.Of(http) is not { } route || http.RequestServices.GetService<AuditJournal>() is not { } journal) return;
        var trail = AuditTrail.Begin(http, route, http.RequestServices.GetRequiredService<TimeProvider>());
        trail.End();
        if (trail.Tenant is not null) journal.Offer(trail.Entry(Outcome(status), status));
    }

    private static async Task TellAsync(AuditJournal journal, AuditTrail trail, AuditedRoute route, int status, string? code, CancellationToken ct)
    {
        if (trail.Tenant is null || trail.IsWritten) return;
        if (status >= StatusCodes.Status400BadRequest) journal.Offer(trail.Entry(Outcome(status), status, code));
        else if (route.Kind == AuditKind.Change) journal.Offer(trail.Entry(AuditOutcome.Unchanged, status));
        else await journal.WriteAsync(trail.Entry(AuditOutcome.Succeeded), ct);
    }

    private static void Offer(AuditJournal journal, AuditTrail trail, IServiceProvider services, Exception e)
    {
        if (trail.Tenant is null || trail.IsWritten) return;
        var error = e is SyncFailureException failed ? services.GetRequiredService<ErrorCatalogue>().Find(failed.Failure.MessageKey) : null;
        var status = error?.Status ?? (e as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status500InternalServerError;
        journal.Offer(trail.Entry(Outcome(status), status, error?.Code));
    }

    private static string Outcome(int status) => status >= StatusCodes.Status500InternalServerError ? AuditOutcome.Failed : AuditOutcome.Refused;

    private static (int Status, string? Code) StatusOf(HttpContext http, object? answer)
    {
        if (answer is INestedHttpResult nested) answer = nested.Result;
        if (answer is Problem problem) return http.RequestServices.GetRequiredService<ErrorCatalogue>().Find(problem.Failure.MessageKey) is { } error ? (error.Status, error.Code) : (StatusCodes.Status500InternalServerError, null);
        return ((answer as IStatusCodeHttpResult)?.StatusCode ?? http.Response.StatusCode, null);
    }
}
