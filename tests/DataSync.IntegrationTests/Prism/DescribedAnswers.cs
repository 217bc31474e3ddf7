using System.Collections.Concurrent;
using DataSync.IntegrationTests.Prism;
using DataSync.Tests;

[assembly: AssemblyFixture(typeof(DescribedAnswers))]

namespace DataSync.IntegrationTests.Prism;

/// <summary>
/// Holds what the API answers in the tests over HTTP against its document, by a validator of another make: each answer that looks as none before. The answers go to the tests as they came. Without Node it is not done; a build
/// server must have it.
/// </summary>
public sealed class DescribedAnswers : IAsyncDisposable
{
    private static readonly Lazy<Task<AnswerReplay?>> Replay = new(StartAsync);
    private static readonly ConcurrentDictionary<string, bool> Seen = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        if (Replay.IsValueCreated && await Replay.Value is { } replay) await replay.DisposeAsync();
    }

    /// <summary>Begins, so that no test waits for it in the middle.</summary>
    internal static Task ReadyAsync() => Replay.Value;

    private static async Task<AnswerReplay?> StartAsync()
    {
        try
        {
            return await AnswerReplay.StartAsync(CancellationToken.None);
        }
        catch (Exception) when (NpmFolder.MayMiss)
        {
            return null; // Whole_walk_is_as_the_API_document_says shows that it is missing
        }
    }

    /// <summary>Looks at what the API answers, and fails a test whose answer is not as the document says.</summary>
    internal sealed class Handler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (!IsDescribed(request)) return response;
            var media = response.Content.Headers.ContentType?.MediaType;
            ReadOnlyMemory<byte> body = default;
            if (media?.EndsWith("json", StringComparison.Ordinal) == true && response.Content.Headers.ContentEncoding.Count == 0) body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            else if (media is not null) return response; // a file, or a stream without an end
            var status = (int)response.StatusCode;
            if (!PrismProxy.Wrote(body.Span) && Seen.TryAdd(AnswerShape.Of(request, status, media, body), true) && await Replay.Value is { } replay) await CheckAsync(replay, request, response, body);
            return response;
        }

        private static async Task CheckAsync(AnswerReplay replay, HttpRequestMessage request, HttpResponseMessage response, ReadOnlyMemory<byte> body)
        {
            var headers = response.Headers.Concat(response.Content.Headers).Where(h => h.Key is not ("Transfer-Encoding" or "Content-Length" or "Connection" or "Date" or "Server")).Select(h => (h.Key, string.Join(", ", h.Value)));
            var faults = await replay.FaultsAsync(request.Method, request.RequestUri!, request.Headers.Authorization?.ToString(), new RecordedAnswer((int)response.StatusCode, [.. headers], body), CancellationToken.None);
            Assert.True(faults.Length == 0, $"{request.Method} {request.RequestUri!.AbsolutePath}, {(int)response.StatusCode}: not as docs/openapi.json says: {faults}");
        }

        /// <summary>Files are somebody's content.</summary>
        private static bool IsDescribed(HttpRequestMessage request)
            => request.RequestUri!.AbsolutePath is var path && path.StartsWith("/api/", StringComparison.Ordinal) && !path.Contains("/exports/", StringComparison.Ordinal)
                && request.Method != HttpMethod.Head && request.Method != HttpMethod.Options;
    }
}
