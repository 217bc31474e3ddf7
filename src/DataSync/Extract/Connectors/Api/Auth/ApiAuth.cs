using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;

namespace DataSync.Extract.Connectors.Api.Auth;

/// <summary>How requests say who asks. Holds secrets: it is no record, so that nothing prints it.</summary>
internal abstract class ApiAuth
{
    public static readonly IReadOnlyList<string> Types = ["none", "api_key", "basic", "bearer", "oauth2_client_credentials"];

    /// <summary>The query parameter that holds a secret; null where none does. It must never be stored with a URL.</summary>
    public virtual string? SecretParameter => null;

    /// <summary>Puts the credentials on a request.</summary>
    public virtual void Apply(HttpRequestMessage request)
    {
    }

    /// <summary>Reads <c>auth</c> that <see cref="ApiAuthValidation"/> found nothing wrong with.</summary>
    public static ApiAuth Read(JsonElement auth)
    {
        if (auth.ValueKind != JsonValueKind.Object) return new NoAuth();
        string Text(string name) => auth.GetProperty(name).GetString()!;
        string? Optional(string name) => auth.TryGetProperty(name, out var value) ? value.GetString() : null;
        return Text("type") switch
        {
            "api_key" => new ApiKeyAuth(Optional("in") == "query", Text("name"), Text("value")),
            "basic" => new BasicAuth(Text("username"), Text("password")),
            "bearer" => new BearerAuth(Text("token")),
            "oauth2_client_credentials" => new OAuthAuth(
                new Uri(Text("token_url")), Text("client_id"), Text("client_secret"), Optional("scope"), Optional("audience"), Optional("client_auth") == "body"),
            _ => new NoAuth(),
        };
    }

    private sealed class NoAuth : ApiAuth;

    private sealed class ApiKeyAuth(bool inQuery, string name, string value) : ApiAuth
    {
        public override string? SecretParameter => inQuery ? name : null;

        public override void Apply(HttpRequestMessage request)
        {
            if (inQuery) request.RequestUri = UrlQuery.With(request.RequestUri!, name, value);
            else request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private sealed class BasicAuth(string username, string password) : ApiAuth
    {
        public override void Apply(HttpRequestMessage request)
            => request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}")));
    }

    private sealed class BearerAuth(string token) : ApiAuth
    {
        public override void Apply(HttpRequestMessage request) => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }
}

/// <summary>OAuth 2.0's client credentials: a token is got first and serves until it expires.</summary>
internal sealed class OAuthAuth(Uri tokenUrl, string clientId, string clientSecret, string? scope, string? audience, bool inBody) : ApiAuth
{
    public Uri TokenUrl { get; } = tokenUrl;

    /// <summary>The request for a token. Id and secret are percent-encoded before Basic, as RFC 6749 (2.3.1) says.</summary>
    public HttpRequestMessage TokenRequest()
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "client_credentials" };
        if (scope is not null) form["scope"] = scope;
        if (audience is not null) form["audience"] = audience;
        if (inBody) (form["client_id"], form["client_secret"]) = (clientId, clientSecret);
        var request = new HttpRequestMessage(HttpMethod.Post, TokenUrl) { Content = new FormUrlEncodedContent(form) };
        if (!inBody)
        {
            var pair = $"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(clientSecret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        request.Headers.Accept.ParseAdd("application/json");
        return request;
    }
}
