using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using DataSync.Export.Storage.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.Tests.Export.Storage;

/// <summary>As much of S3 as uploads in parts need, over HTTP, with their open ones to be counted and answers to be spoilt: what a bucket charges for and a listing does not show.</summary>
internal sealed class CountingS3 : IAsyncDisposable
{
    private const string Bucket = "exports";
    private readonly ConcurrentDictionary<string, string> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _objects = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private int _begun;

    private CountingS3(WebApplication app) => _app = app;

    /// <summary>Keys of the uploads that are neither completed nor given up, by their ids.</summary>
    public IReadOnlyDictionary<string, string> Open => _open;

    /// <summary>Keys of the objects that are there.</summary>
    public IEnumerable<string> Objects => _objects.Keys;

    /// <summary>Uploads begun so far.</summary>
    public int Begun => _begun;

    /// <summary>Asked before each request is answered, with its method, key and query: a status that is not null is the answer.</summary>
    public Func<string, string, IQueryCollection, HttpStatusCode?> Spoils { get; set; } = static (_, _, _) => null;

    public static async Task<CountingS3> StartAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = new CountingS3(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync(ct);
        return server;
    }

    public S3Options Options() => new() { Bucket = Bucket, Endpoint = _app.Urls.Single(), AccessKey = "A", SecretKey = "S", PartBytes = 64 * 1024 };

    /// <summary>Begins an upload that nobody will end, as a process does that dies.</summary>
    public void Leave(string key) => _open[$"left-{Interlocked.Increment(ref _begun)}"] = key;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, answer) = (context.Request, context.Response);
        var key = request.Path.Value!.TrimStart('/')[Bucket.Length..].TrimStart('/');
        await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        if (Spoils(request.Method, key, request.Query) is { } status)
        {
            answer.StatusCode = (int)status;
            return;
        }

        var id = (string?)request.Query["uploadId"];
        switch (request.Method)
        {
            case "POST" when request.Query.ContainsKey("uploads"):
                id = $"upload-{Interlocked.Increment(ref _begun).ToString(CultureInfo.InvariantCulture)}";
                _open[id] = key;
                await XmlAsync(answer, "InitiateMultipartUploadResult", $"<Bucket>{Bucket}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId>");
                break;
            case "PUT" when id is not null:
                answer.StatusCode = _open.ContainsKey(id) ? 200 : 404;
                answer.Headers.ETag = $"\"{request.Query["partNumber"]}\"";
                break;
            case "POST" when id is not null && _open.TryRemove(id, out _):
                _objects[key] = 1;
                await XmlAsync(answer, "CompleteMultipartUploadResult", $"<Bucket>{Bucket}</Bucket><Key>{key}</Key><ETag>\"e\"</ETag>");
                break;
            case "DELETE" when id is not null:
                answer.StatusCode = _open.TryRemove(id, out _) ? 204 : 404;
                break;
            case "DELETE":
                _objects.TryRemove(key, out _);
                answer.StatusCode = 204;
                break;
            case "GET" when request.Query.ContainsKey("uploads"):
                await XmlAsync(answer, "ListMultipartUploadsResult", $"<IsTruncated>false</IsTruncated>{string.Concat(_open.Where(u => u.Value.StartsWith((string?)request.Query["prefix"] ?? "", StringComparison.Ordinal)).Select(u => $"<Upload><Key>{u.Value}</Key><UploadId>{u.Key}</UploadId></Upload>"))}");
                break;
            case "GET" when request.Query.ContainsKey("list-type"):
                await XmlAsync(answer, "ListBucketResult", $"<IsTruncated>false</IsTruncated>{string.Concat(_objects.Keys.Where(k => k.StartsWith((string?)request.Query["prefix"] ?? "", StringComparison.Ordinal)).Select(k => $"<Contents><Key>{k}</Key></Contents>"))}");
                break;
            default:
                answer.StatusCode = 404;
                break;
        }
    }

    private static Task XmlAsync(HttpResponse answer, string name, string inside)
    {
        answer.ContentType = "application/xml";
        return answer.WriteAsync($"""<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{name}>""");
    }
}
