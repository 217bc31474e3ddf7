using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;

namespace DataSync.Platform.Authentication.ApiKeys;

/// <summary>Body of <c>POST /api/api-keys</c>.</summary>
internal sealed record NewApiKey(string Name, IReadOnlyList<string> Scopes, DateTimeOffset ExpiresAt) : IRequestBody<NewApiKey>
{
    public static NewApiKey Read(JsonObjectReader json)
    {
        var name = json.RequiredString("name", 100);
        var scopes = json.OneOrMoreOf("scopes", ApiScope.All);
        if (!json.Has("scopes")) json.Refuse("scopes", "faults.required");
        return new NewApiKey(name, scopes, json.RequiredTime("expires_at"));
    }
}

/// <summary>A key as it is shown.</summary>
internal sealed record ApiKeyAnswer(
    Guid Id, string Name, IReadOnlyList<string> Scopes, string Hint, DateTimeOffset CreatedAt, string CreatedBy, Guid? MadeBy, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt)
{
    public static ApiKeyAnswer Of(ApiKey key)
        => new(key.Id, key.Name, key.Scopes.Split(' '), key.Hint, key.CreatedAt, key.CreatedBy, key.MadeBy, key.ExpiresAt, key.RevokedAt, key.LastUsedAt);
}

/// <summary>A key just made, with what opens.</summary>
internal sealed record NewApiKeyAnswer(
    Guid Id, string Name, IReadOnlyList<string> Scopes, string Hint, DateTimeOffset CreatedAt, string CreatedBy, Guid? MadeBy, DateTimeOffset ExpiresAt, string Key);

/// <summary>Query of <c>GET /api/api-keys</c>.</summary>
internal sealed record ApiKeyListQuery(PageRequest Page) : IRequestQuery<ApiKeyListQuery>
{
    public static ApiKeyListQuery Read(QueryReader query) => new(query.Page("api-keys"));
}
