using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Auth;
using DataSync.Extract.Connectors.Api.Bodies;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>What all readings of this process share.</summary>
internal sealed record ApiFloor(ApiGate Gate, OAuthTokens Tokens, SharedRateLimit Limits, ApiOptions Options, TimeProvider Time);

/// <summary>Asks a source for pages: in its turn, with its credentials, and judging each answer by its rules.</summary>
internal sealed class ApiClient(ApiFloor floor, SourceConnection source, ApiConnection connection, ApiExtraction extraction)
{
    private const int LargestFailure = 64 * 1024;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>How long a reading that is ended waits for the database to take its turn back.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>The page at a URL.</summary>
    /// <param name="url">Without credentials.</param>
    /// <param name="deadline">A wait that the source wishes for is granted if it is over by then.</param>
    /// <param name="ct">Ends everything.</param>
    public async Task<Page> GetAsync(Uri url, DateTimeOffset deadline, CancellationToken ct)
    {
        string? token = null, refused = null;
        for (var limited = 0; ;)
        {
            await TakeTurnAsync(deadline, ct);
            if (connection.Auth is OAuthAuth oauth) token = await floor.Tokens.GetAsync(source.Owner, oauth, connection.Tls, refused, ct);
            var response = await floor.Gate.SendAsync(url, connection.Tls, (to, own) => Request(to, own, token), ct);
            Page? page = null;
            try
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized && token is not null && refused is null)
                {
                    // the token may have been withdrawn before its time
                    refused = token;
                    continue;
                }

                var (action, read) = await JudgeAsync(response, url, ct);
                page = read;
                if (action is ResponseAction.Read or ResponseAction.Ignore)
                {
                    var answer = page ?? new Page(url, response, null, PageBody.None());
                    (page, response) = (null, null);
                    return answer;
                }

                var wish = RetryAfter.Of(response, floor.Time);
                if (action != ResponseAction.RateLimited) throw Failure(action, response, url, wish);

                var pause = Backoff(limited++);
                await WaitAsync(wish ?? pause, deadline, response, url, ct);
            }
            finally
            {
                page?.Dispose();
                response?.Dispose();
            }
        }
    }

    private static TimeSpan Backoff(int times) => TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, ShortestWait.TotalSeconds * Math.Pow(2, Math.Min(times, 10))));

    private static SyncFailureException Failure(ResponseAction action, HttpResponseMessage response, Uri url, TimeSpan? wish)
        => ApiErrors.Status(action == ResponseAction.Retry ? FailureKind.Transient : FailureKind.Permanent, url, (int)response.StatusCode, wish);

    /// <summary>The verdict, with the body where the page is to be read.</summary>
    private async Task<(ResponseAction Action, Page? Page)> JudgeAsync(HttpResponseMessage response, Uri url, CancellationToken ct)
    {
        var rules = extraction.Rules;
        if (!response.IsSuccessStatusCode)
        {
            using var failed = rules.LooksInside(response.StatusCode) ? await FailureBodyAsync(response, url, ct) : null;
            var verdict = Decide(response, failed?.RootElement ?? default, url);
            return (verdict == ResponseAction.Read ? ResponseAction.Fail : verdict, null);
        }

        if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent) return (rules.Decide(response, default) is var empty and not ResponseAction.Read ? empty : ResponseAction.Ignore, null);
        var action = rules.Decide(response, default);
        if (action != ResponseAction.Read && !rules.LooksInside(response.StatusCode)) return (action, null);
        var stream = new PacedStream(await response.Content.ReadAsStreamAsync(ct), url, floor.Options.StallTimeout, floor.Time);
        PageBody? body = null;
        try
        {
            body = await PageBody.OpenAsync(stream, response, url, extraction, floor.Options, floor.Time, ct);
            action = Decide(response, body.Root, url);
            if (action == ResponseAction.Read) return (action, new Page(Shown(response, url), response, stream, body));
            body.Dispose();
            stream.Dispose();
            return (action, null);
        }
        catch
        {
            body?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>What a rule looks at may be no Unicode.</summary>
    private ResponseAction Decide(HttpResponseMessage response, JsonElement body, Uri url)
    {
        try
        {
            return extraction.Rules.Decide(response, body);
        }
        catch (InvalidOperationException e)
        {
            throw ApiErrors.Body(url, "json", e);
        }
    }

    /// <summary>The body of a failure for the rules to look into; null where it is no JSON, or large.</summary>
    private async Task<JsonDocument?> FailureBodyAsync(HttpResponseMessage response, Uri url, CancellationToken ct)
    {
        await using var stream = new PacedStream(await response.Content.ReadAsStreamAsync(ct), url, floor.Options.StallTimeout, floor.Time);
        try
        {
            using var body = await PooledBody.ReadAsync(stream, LargestFailure, url, ct);
            return JsonDocument.Parse(body.Memory.ToArray());
        }
        catch (Exception e) when (e is JsonException or SyncFailureException)
        {
            return null;
        }
    }

    /// <summary>Waits as the source wishes, and lets all who share its limit wait as well.</summary>
    private async Task WaitAsync(TimeSpan wait, DateTimeOffset deadline, HttpResponseMessage response, Uri url, CancellationToken ct)
    {
        if (extraction.RateLimit is not null && source.TenantId.Length > 0) await floor.Limits.HoldBackAsync(source.TenantId, source.SourceId, wait, ct);
        if (floor.Time.GetUtcNow() + wait >= deadline) throw ApiErrors.RateLimited(url, (int)response.StatusCode, wait);
        await Task.Delay(wait, floor.Time, ct);
    }

    private async Task TakeTurnAsync(DateTimeOffset deadline, CancellationToken ct)
    {
        if (extraction.RateLimit is not { } limit || source.TenantId.Length == 0) return;
        var turn = await floor.Limits.TakeTurnAsync(source.TenantId, source.SourceId, limit.Interval, limit.Burst, deadline - floor.Time.GetUtcNow(), ct);
        if (!turn.IsTaken) throw new SyncFailureException(SyncFailure.Transient("errors.api.turn", ("seconds", Math.Ceiling(turn.Wait.TotalSeconds))) with { RetryAfter = turn.Wait });
        if (turn.Wait <= TimeSpan.Zero) return;
        try
        {
            await Task.Delay(turn.Wait, floor.Time, ct);
        }
        catch (OperationCanceledException)
        {
            using var farewell = new CancellationTokenSource(Farewell, floor.Time);
            await floor.Limits.GiveBackAsync(source.TenantId, source.SourceId, turn, limit.Interval, farewell.Token);
            throw;
        }
    }

    /// <summary>Only the source's own origin gets to see its credentials.</summary>
    private HttpRequestMessage Request(Uri to, bool own, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, to);
        if (own)
        {
            foreach (var (name, value) in connection.Headers) request.Headers.TryAddWithoutValidation(name, value);
            connection.Auth.Apply(request);
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (!request.Headers.Contains("Accept")) request.Headers.Accept.ParseAdd("application/json, */*;q=0.5");
        if (!request.Headers.Contains("User-Agent")) request.Headers.UserAgent.ParseAdd("DataSync");
        return request;
    }

    private Uri Shown(HttpResponseMessage response, Uri url)
    {
        var at = response.RequestMessage?.RequestUri ?? url;
        return connection.Auth.SecretParameter is { } secret ? UrlQuery.Without(at, secret) : at;
    }
}
