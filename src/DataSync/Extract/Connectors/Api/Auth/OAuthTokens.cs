using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Api.Auth;

/// <summary>
/// Tokens got with client credentials, in memory alone. All readings of a source share one, and while it is being got, all wait for that one request.
/// Whose it is and with which credentials names a token, so that neither another tenant nor a rotated secret ever meets it.
/// </summary>
internal sealed class OAuthTokens(ApiGate gate, TimeSpan stallTimeout, TimeProvider time)
{
    private const int MostTokens = 1000, LargestAnswer = 256 * 1024;
    private static readonly TimeSpan UsualLife = TimeSpan.FromMinutes(5), Margin = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    /// <summary>A token that serves, got anew where there is none. <paramref name="refused"/> is one that the API did not take: it is not given again.</summary>
    public async Task<string> GetAsync(string owner, OAuthAuth auth, ApiTls? tls, string? refused, CancellationToken ct)
    {
        Trim();
        var slot = _slots.GetOrAdd(await KeyAsync(owner, auth, tls, ct), static _ => new Slot());
        await slot.Turn.WaitAsync(ct);
        try
        {
            if (slot.Token is { } token && token != refused && time.GetUtcNow() < slot.Until) return token;
            slot.Token = null;
            (slot.Token, slot.Until) = await RequestAsync(auth, tls, ct);
            return slot.Token;
        }
        finally
        {
            slot.Turn.Release();
        }
    }

    private async Task<(string Token, DateTimeOffset Until)> RequestAsync(OAuthAuth auth, ApiTls? tls, CancellationToken ct)
    {
        var began = time.GetUtcNow();
        using var response = await gate.SendOnceAsync(auth.TokenRequest(), auth.TokenUrl, tls, ct);
        var status = (int)response.StatusCode;
        if (!response.IsSuccessStatusCode)
        {
            var kind = status is 408 or 429 or >= 500 ? FailureKind.Transient : FailureKind.Permanent;
            throw Refused(auth, status, kind, RetryAfter.Of(response, time));
        }

        await using var stream = new PacedStream(await response.Content.ReadAsStreamAsync(ct), auth.TokenUrl, stallTimeout, time);
        using var body = await PooledBody.ReadAsync(stream, LargestAnswer, auth.TokenUrl, ct);
        try
        {
            using var answer = JsonDocument.Parse(body.Memory);
            var token = answer.RootElement.GetProperty("access_token").GetString();
            if (string.IsNullOrEmpty(token) || token.Any(c => c is <= ' ' or > '~')) throw Refused(auth, status, FailureKind.Permanent, null);
            var life = answer.RootElement.TryGetProperty("expires_in", out var seconds) && Seconds(seconds) is { } given ? given : UsualLife;
            return (token, began + life - (Margin < life / 5 ? Margin : life / 5));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new SyncFailureException(Refused(auth, status, FailureKind.Permanent, null).Failure, e);
        }
    }

    /// <summary>A number, or as some send it, a number's text.</summary>
    private static TimeSpan? Seconds(JsonElement value)
        => double.TryParse(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText(), System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400))
            : null;

    private static SyncFailureException Refused(OAuthAuth auth, int status, FailureKind kind, TimeSpan? retryAfter)
        => new(SyncFailure.Permanent("errors.api.token", ("host", auth.TokenUrl.IdnHost), ("status", status)) with { Kind = kind, RetryAfter = retryAfter });

    /// <summary>The request itself, hashed, is what the token was got with.</summary>
    private static async Task<string> KeyAsync(string owner, OAuthAuth auth, ApiTls? tls, CancellationToken ct)
    {
        using var request = auth.TokenRequest();
        var form = await request.Content!.ReadAsStringAsync(ct);
        var parts = JsonSerializer.SerializeToUtf8Bytes(new[] { owner, auth.TokenUrl.AbsoluteUri, request.Headers.Authorization?.Parameter ?? "", form, tls?.Digest ?? "" });
        return Convert.ToHexStringLower(SHA256.HashData(parts));
    }

    private void Trim()
    {
        if (_slots.Count <= MostTokens) return;
        var now = time.GetUtcNow();
        foreach (var (key, slot) in _slots)
        {
            if (slot.Until < now && slot.Turn.CurrentCount == 1) _slots.TryRemove(key, out _);
        }
    }

    private sealed class Slot
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public string? Token { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
