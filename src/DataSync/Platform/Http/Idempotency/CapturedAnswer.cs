using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.Idempotency;

/// <summary>Runs the rest of an endpoint with its answer going into memory, so that it is stored before the caller sees any of it.</summary>
internal static class CapturedAnswer
{
    public static Task<StoredAnswer> RunAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        => CaptureAsync(context.HttpContext, async clear =>
        {
            try
            {
                await ExecuteAsync(context.HttpContext, await next(context));
            }
            catch (SyncFailureException e) when (e.Failure.Kind != FailureKind.Critical)
            {
                clear();
                await WriteAsync(context.HttpContext, e);
            }
        });

    /// <summary>Runs the rest with its answer going to the caller. A refusal that comes before anything was sent is captured; <c>Finished</c> is false then.</summary>
    public static async Task<(StoredAnswer? Refusal, bool Finished)> RefusalAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            await ExecuteAsync(context.HttpContext, await next(context));
            return (null, true);
        }
        catch (SyncFailureException e) when (e.Failure.Kind != FailureKind.Critical && !context.HttpContext.Response.HasStarted)
        {
            return (await CaptureAsync(context.HttpContext, _ => WriteAsync(context.HttpContext, e)), false);
        }
    }

    public static async Task SendAsync(HttpContext context, StoredAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        if (answer.ETag is not null) context.Response.Headers.ETag = answer.ETag;
        if (answer.Location is not null) context.Response.Headers.Location = answer.Location;
        if (answer.Body.IsEmpty) return; // a 204 may not even say that it has no body
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static async Task<StoredAnswer> CaptureAsync(HttpContext http, Func<Action, Task> work)
    {
        var original = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var body = new MemoryStream();
        var capture = new StreamResponseBodyFeature(body);
        http.Features.Set<IHttpResponseBodyFeature>(capture);
        try
        {
            await work(() => body.SetLength(0));
            await capture.Writer.FlushAsync(CancellationToken.None);
        }
        finally
        {
            http.Features.Set(original);
        }

        return new StoredAnswer(http.Response.StatusCode, http.Response.ContentType, http.Response.Headers.Location, body.ToArray(), http.Response.Headers.ETag);
    }

    private static Task WriteAsync(HttpContext http, SyncFailureException refused)
        => http.RequestServices.GetRequiredService<ProblemWriter>().WriteAsync(http, refused.Failure, refused.Faults);

    private static Task ExecuteAsync(HttpContext context, object? result) => result switch
    {
        null => Task.CompletedTask,
        IResult answer => answer.ExecuteAsync(context),
        _ => TypedResults.Ok(result).ExecuteAsync(context),
    };
}
