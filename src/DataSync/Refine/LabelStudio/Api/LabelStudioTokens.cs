using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>
/// How a request shows who asks. A legacy token goes along as it is; a personal access token gets a short-lived one, in memory alone, before that ends, and anew where
/// the server takes it no longer. All who need one while it is being got wait for that one request.
/// </summary>
internal sealed class LabelStudioTokens(LabelStudioPools pools, TimeProvider time)
{
    /// <summary>A token is got anew so long before its end.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    /// <summary>How long a token is used that does not say when it ends.</summary>
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(4);

    private const int Most = 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);

    /// <summary>The header for the next request. <paramref name="refused"/> is one the server has just refused, and never comes back.</summary>
    public async Task<AuthenticationHeaderValue> HeaderAsync(LabelStudioServer server, string? refused, CancellationToken ct)
    {
        if (!PersonalToken.Is(server.ApiKey)) return new AuthenticationHeaderValue("Token", server.ApiKey);
        var holder = Find(server.Digest);
        await holder.Turn.WaitAsync(ct);
        try
        {
            if (holder.Token is null || holder.Until <= time.GetUtcNow() || string.Equals(holder.Token, refused, StringComparison.Ordinal))
            {
                holder.Token = await RefreshAsync(server, ct);
                holder.Until = PersonalToken.EndOf(holder.Token) is { } end ? end - Early : time.GetUtcNow() + Unsaid;
            }

            return new AuthenticationHeaderValue("Bearer", holder.Token);
        }
        finally
        {
            holder.Turn.Release();
        }
    }

    /// <summary>True where another header may be had than the one refused.</summary>
    public static bool CanRenew(LabelStudioServer server) => PersonalToken.Is(server.ApiKey);

    private async Task<string> RefreshAsync(LabelStudioServer server, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.At("api/token/refresh/"))
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["refresh"] = server.ApiKey }))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        var answer = await pools.SendAsync(request, ct);

        // a key that is over or on the server's black list is refused with 400 by some versions
        if (answer.Status == HttpStatusCode.BadRequest) answer = answer with { Status = HttpStatusCode.Unauthorized };
        if (!answer.IsSuccess) throw answer.Failure();
        return answer.Json() is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("access", out var access) && access.GetString() is { Length: > 0 } token
            ? token
            : throw LabelStudioErrors.Body(answer.Url);
    }

    private Holder Find(string digest)
    {
        lock (_gate)
        {
            if (_holders.TryGetValue(digest, out var holder)) return holder;
            if (_holders.Count >= Most) _holders.Clear(); // whoever waits for one keeps it; it is got once more
            _holders.Add(digest, holder = new Holder());
            return holder;
        }
    }

    private sealed class Holder
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public string? Token { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
