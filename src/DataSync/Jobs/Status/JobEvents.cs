using System.Text.Json;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace DataSync.Jobs.Status;

/// <summary>Progress as server-sent events.</summary>
internal static class JobEvents
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static async Task<IResult> StreamAsync(
        HttpContext context, Caller caller, RouteGuid jobId, SyncManager manager, JobViews views, TimeProvider time, IOptions<JsonOptions> json, CancellationToken ct)
    {
        if (await manager.FindAsync(caller.Tenant, jobId.Value, ct) is not { } job) return Problem.NotFound();
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // a proxy that buffers would make it useless
        string? sent = null;
        var spoke = time.GetTimestamp();
        while (true)
        {
            var view = views.Of(job, caller.Language);
            var mark = $"{view.Status}|{view.Stage}|{view.Progress.Extracted}|{view.RecordCount}|{view.ErrorCount}|{view.Progress.Exported}";
            var ended = JobStatus.IsFinal(job.Status);
            if (ended || !string.Equals(mark, sent, StringComparison.Ordinal))
            {
                await response.WriteAsync($"event: {(ended ? "end" : "progress")}\ndata: {JsonSerializer.Serialize(view, json.Value.SerializerOptions)}\n\n", ct);
                await response.Body.FlushAsync(ct);
                (sent, spoke) = (mark, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(spoke) > KeepAlive)
            {
                await response.WriteAsync(": still here\n\n", ct);
                await response.Body.FlushAsync(ct);
                spoke = time.GetTimestamp();
            }

            if (ended) return Results.Empty;
            await Task.Delay(Look, time, ct);
            if (await manager.FindAsync(caller.Tenant, jobId.Value, ct) is not { } next) return Results.Empty;
            job = next;
        }
    }
}
