using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Authentication.ApiKeys;

[ApiTag("API keys", "Keys for machines, beside tokens.")]
internal static partial class ApiKeyEndpoints
{
    private const string Common = """
        "id":"01938f6e-7c1a-7d2b-9e3f-4a5b6c7d8e9f","name":"nightly loader","scopes":["sync.read","sync.write"],"hint":"0aZ3kQ","created_at":"2026-01-31T08:00:00Z","created_by":"alice",
        "made_by":null,"expires_at":"2026-07-31T00:00:00Z"
        """;

    public static IEndpointRouteBuilder MapApiKeys(this IEndpointRouteBuilder endpoints)
    {
        var keys = endpoints.MapApiGroup("/api/api-keys", "API keys");
        keys.MapPost("", CreateAsync).RequireScope(ApiScope.KeysWrite).AuditsChange("api_key.create", "api_key").WithApi(
            "Make an API key for a machine",
            "`key` is told this once. Send it as `Authorization: Bearer` or as `X-Api-Key`. A key holds no scope that its maker lacks, ends by the operator's setting, "
            + "and, where a key made it, no later than that one and together with it.",
            """{"name":"nightly loader","scopes":["sync.read","sync.write"],"expires_at":"2026-07-31T00:00:00Z"}""",
            $$"""{{{Common}},"key":"dsk_YWNtZQ_3yZe0c1d5kq3n0Yw1rYqfUQ2cDk0l0tJ0m8x3b5Z9sA0aZ3kQ"}""", StatusCodes.Status201Created);
        keys.MapGet("", ListAsync).RequireScope(ApiScope.KeysWrite).NotAudited("Keys are shown without what opens.").WithApi(
            "List the tenant's API keys",
            "In the order they were made; revoked and expired ones for 30 days more. `hint` is a key's last six characters, `last_used_at` the hour in which it was last used.",
            response: $$"""{"items":[{{{Common}},"revoked_at":null,"last_used_at":"2026-02-01T08:00:00Z"}],"next_cursor":null}""");
        keys.MapDelete("{key_id}", RevokeAsync).RequireScope(ApiScope.KeysWrite).AuditsChange("api_key.revoke", "api_key", "key_id").WithApi(
            "Revoke an API key", "It is refused from here on, on every machine, and with it every key that was made with it.", status: StatusCodes.Status204NoContent);
        return endpoints;
    }

    [Answers<NewApiKeyAnswer>(StatusCodes.Status201Created)]
    private static async Task<IResult> CreateAsync(
        Body<NewApiKey> body, Caller caller, HttpContext http, ApiKeyStore store, ApiKeyOptions options, TimeProvider time, ILogger<ApiKeyStore> logger, CancellationToken ct)
    {
        var asked = body.Value;
        var lacking = asked.Scopes.Except(caller.Scopes, StringComparer.Ordinal).ToList();
        if (lacking.Count > 0) throw ApiKeyFailure.Scopes(lacking);
        var maker = http.Features.Get<GoodApiKey>();
        CheckEnd(asked.ExpiresAt, time.GetUtcNow(), options, maker);
        var (key, text) = await store.CreateAsync(caller, asked, maker?.Id, ct);
        Log.Made(logger, key.Id, key.ExpiresAt);
        return TypedResults.Created((string?)null, new NewApiKeyAnswer(key.Id, key.Name, asked.Scopes, key.Hint, key.CreatedAt, key.CreatedBy, key.MadeBy, key.ExpiresAt, text));
    }

    private static void CheckEnd(DateTimeOffset end, DateTimeOffset now, ApiKeyOptions options, GoodApiKey? maker)
    {
        if (end <= now) throw ApiKeyFailure.Expiry("faults.api_key_past");
        if (end > now.AddDays(options.MaxDays)) throw ApiKeyFailure.Expiry("faults.api_key_age", ("days", options.MaxDays));
        if (end > maker?.ExpiresAt) throw ApiKeyFailure.Expiry("faults.api_key_outlives");
    }

    [Answers<Page<ApiKeyAnswer>>]
    private static async Task<IResult> ListAsync(Query<ApiKeyListQuery> query, Caller caller, ApiKeyStore store, CursorCodec cursors, CancellationToken ct)
    {
        var page = query.Value.Page;
        var found = await store.ListAsync(caller.Tenant, page.After is [var last] ? Guid.Parse(last) : Guid.Empty, page.Fetch, ct);
        return TypedResults.Ok(cursors.Page(caller, page, [.. found.Select(ApiKeyAnswer.Of)], k => [k.Id.ToString("D")]));
    }

    private static async Task<IResult> RevokeAsync(RouteId keyId, Caller caller, ApiKeyStore store, ILogger<ApiKeyStore> logger, CancellationToken ct)
    {
        if (!Guid.TryParseExact(keyId.Value, "D", out var id) || await store.RevokeAsync(caller.Tenant, id, ct) is not { } ended) throw ApiKeyFailure.NotFound();
        Log.Revoked(logger, id, ended);
        return TypedResults.NoContent();
    }

    private static partial class Log
    {
        [LoggerMessage(2020, LogLevel.Information, "API key {KeyId} was made; it ends at {ExpiresAt:O}")]
        public static partial void Made(ILogger logger, Guid keyId, DateTimeOffset expiresAt);

        [LoggerMessage(2021, LogLevel.Information, "API key {KeyId} was revoked; {Ended} keys ended with it, itself counted")]
        public static partial void Revoked(ILogger logger, Guid keyId, long ended);
    }
}
