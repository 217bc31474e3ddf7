using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Persistence;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Http.Errors;

/// <summary>
/// Turns whatever goes wrong below it into a problem: failures with a name as they are, the framework's own refusals by their status,
/// a database that is away into a "try again", and every other exception into <c>errors.internal</c> without a word about what it was. A caller who has gone is no error.
/// </summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, ProblemWriter problems, ILogger<FailureMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBare(context.Response)) await problems.WriteAsync(context, RequestFailure.ForStatus(context.Response.StatusCode));
        }
        catch (Exception e) when (CallerConnection.Of(context).IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            if (!context.Response.HasStarted) context.Response.StatusCode = ClientClosedRequest;
        }
#pragma warning disable CA1031 // the last place that can still answer
        catch (Exception e)
#pragma warning restore CA1031
        {
            var (failure, faults) = Explain(e);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            DropBody(context.Response);
            await problems.WriteAsync(context, failure, faults);
        }
    }

    private (SyncFailure Failure, IReadOnlyList<Fault> Faults) Explain(Exception e)
    {
        switch (e)
        {
            case SyncFailureException { Failure: var failure, Faults: var faults }:
                if (failure.Kind == FailureKind.Critical) LogUnhandled(e);
                return (failure, faults);
            case BadHttpRequestException bad:
                return (RequestFailure.ForStatus(bad.StatusCode), []);
            case var _ when DatabaseUnavailable.Caused(e):
                LogDatabaseUnavailable(e);
                return (DatabaseUnavailable.Failure, []);
            default:
                LogUnhandled(e);
                return (SyncFailure.Permanent(ErrorCatalogue.InternalKey), []);
        }
    }

    private static bool IsBare(HttpResponse response)
        => response is { HasStarted: false, StatusCode: >= 400 and < 600, ContentLength: null, ContentType: null }
            && response.StatusCode != ClientClosedRequest;

    /// <summary>Headers that speak of the body go with it; the others (correlation, security) stay.</summary>
    private static void DropBody(HttpResponse response)
    {
        response.Headers.ContentLength = null;
        foreach (var name in new[] { "Content-Encoding", "Content-Disposition", "Content-Range", "ETag", "Last-Modified", "Location" })
            response.Headers.Remove(name);
    }

    [LoggerMessage(1202, LogLevel.Warning, "A request could not be served: our database cannot be reached")]
    private partial void LogDatabaseUnavailable(Exception exception);

    [LoggerMessage(1200, LogLevel.Error, "A request ended in an exception nobody expected")]
    private partial void LogUnhandled(Exception exception);
}
