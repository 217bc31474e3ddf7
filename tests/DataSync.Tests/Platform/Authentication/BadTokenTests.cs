using System.Text.Json.Nodes;
using DataSync.Tests.Platform.Http;

namespace DataSync.Tests.Platform.Authentication;

public sealed class BadTokenTests(ApiHost host) : IClassFixture<ApiHost>
{
    private static readonly Dictionary<string, Func<DateTimeOffset, string>> Bad = new(StringComparer.Ordinal)
    {
        ["empty"] = _ => "",
        ["not a token"] = _ => "abc",
        ["two parts"] = now => string.Join('.', Good(now).Split('.')[..2]),
        ["no signature"] = now => string.Join('.', Good(now).Split('.')[..2]) + ".",
        ["five parts"] = now => Good(now) + ".a.b",
        ["alg none, no signature"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"none","typ":"at+jwt"}""", _ => []),
        ["alg None"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"None","typ":"at+jwt"}"""),
        ["no alg"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"typ":"at+jwt"}"""),
        ["HS512 with the right key"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS512","typ":"at+jwt"}""", t => System.Security.Cryptography.HMACSHA512.HashData(TestTokens.Key, t)),
        ["RS256 in the header, HMAC below"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"RS256","typ":"at+jwt"}"""),
        ["another key"] = now => TestTokens.Sign(TestTokens.Payload(now), key: new byte[32]),
        ["empty key"] = now => TestTokens.Sign(TestTokens.Payload(now), key: []),
        ["payload changed"] = now => Swap(Good(now), TestTokens.Sign(TestTokens.Payload(now, "other"))),
        ["signature cut"] = now => Good(now)[..^4],
        ["key in its own header"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256","typ":"at+jwt","jwk":{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}""", new byte[32]),
        ["key by address"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256","typ":"at+jwt","jku":"http://127.0.0.1:1/keys"}""", new byte[32]),
        ["typ JWT"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256","typ":"JWT"}"""),
        ["no typ"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256"}"""),
        ["typ of a logout token"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256","typ":"logout+jwt"}"""),
        ["crit"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256","typ":"at+jwt","crit":["b64"],"b64":false}"""),
        ["two algs in one header"] = now => TestTokens.Sign(TestTokens.Payload(now), """{"alg":"none","alg":"HS256","typ":"at+jwt"}"""),
        ["expired 61 seconds ago"] = now => With(now, c => c["exp"] = now.ToUnixTimeSeconds() - 61),
        ["no exp"] = now => With(now, c => c.Remove("exp")),
        ["exp as text"] = now => With(now, c => c["exp"] = "tomorrow"),
        ["not valid before 61 seconds from now"] = now => With(now, c => c["nbf"] = now.ToUnixTimeSeconds() + 61),
        ["other issuer"] = now => With(now, c => c["iss"] = "https://evil.example"),
        ["issuer in another case"] = now => With(now, c => c["iss"] = "DataSync-Development"),
        ["issuer with a slash"] = now => With(now, c => c["iss"] = "datasync-development/"),
        ["no issuer"] = now => With(now, c => c.Remove("iss")),
        ["other audience"] = now => With(now, c => c["aud"] = "datasync2"),
        ["audience in another case"] = now => With(now, c => c["aud"] = "DataSync"),
        ["no audience"] = now => With(now, c => c.Remove("aud")),
        ["empty audience"] = now => With(now, c => c["aud"] = new JsonArray()),
        ["no tenant"] = now => With(now, c => c.Remove("tenant_id")),
        ["empty tenant"] = now => With(now, c => c["tenant_id"] = ""),
        ["tenant null"] = now => With(now, c => c["tenant_id"] = null),
        ["tenant as number"] = now => With(now, c => c["tenant_id"] = 42),
        ["tenant as list"] = now => With(now, c => c["tenant_id"] = new JsonArray("a", "b")),
        ["tenant as list of one"] = now => With(now, c => c["tenant_id"] = new JsonArray("a")),
        ["tenant as object"] = now => With(now, c => c["tenant_id"] = new JsonObject { ["a"] = "b" }),
        ["two tenants"] = now => TestTokens.Sign(TestTokens.Payload(now)[..^1] + ""","tenant_id":"other"}"""),
        ["tenant with NUL"] = now => TestTokens.Sign(TestTokens.Payload(now).Replace("\"demo\"", "\"de\\u0000mo\"", StringComparison.Ordinal)),
        ["tenant with half a pair"] = now => TestTokens.Sign(TestTokens.Payload(now).Replace("\"demo\"", "\"\\ud800\"", StringComparison.Ordinal)),
        ["tenant of 256 characters"] = now => With(now, c => c["tenant_id"] = new string('a', 256)),
        ["scope as list"] = now => With(now, c => c["scope"] = new JsonArray("sync.read")),
        ["payload is no object"] = _ => TestTokens.Sign("[]"),
        ["payload is no JSON"] = _ => TestTokens.Sign("{"),
    };

    public static TheoryData<string> Names => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Bad_token_is_refused_without_saying_why(string name)
    {
        var answer = await host.GetAsync("/api/samples/who/am/i", null, ("Authorization", "Bearer " + Bad[name](host.Time.GetUtcNow())));

        Assert.Equal(401, answer.Status);
        Assert.Equal("errors.token.invalid", answer.Key);
        Assert.Equal("Bearer realm=\"datasync\", error=\"invalid_token\"", answer.Headers["WWW-Authenticate"]);
        Assert.DoesNotContain("IDX", answer.Text, StringComparison.Ordinal);
        Assert.Equal("", answer.Json.GetProperty("tenant_id").GetString() ?? "");
    }

    [Theory]
    [InlineData("Basic YTpi")]
    [InlineData("bearer")]
    [InlineData("Token abc")]
    public async Task Other_schemes_are_refused(string header)
        => Assert.Equal(401, (await host.GetAsync("/api/samples/who/am/i", null, ("Authorization", header))).Status);

    [Fact]
    public async Task Token_in_the_query_is_not_looked_at()
        => Assert.Equal(401, (await host.GetAsync($"/api/samples/who/am/i?access_token={host.Token()}")).Status);

    [Fact]
    public async Task Good_tokens_are_accepted_up_to_the_clock_skew()
    {
        var now = host.Time.GetUtcNow();
        string[] good =
        [
            Good(now), With(now, c => c["exp"] = now.ToUnixTimeSeconds() - 59), With(now, c => c["nbf"] = now.ToUnixTimeSeconds() + 59), With(now, c => c["aud"] = new JsonArray("x", "datasync")),
            TestTokens.Sign(TestTokens.Payload(now), """{"alg":"HS256","typ":"application/at+jwt","kid":"unknown"}"""), With(now, c => c["tenant_id"] = string.Concat(Enumerable.Repeat("😀", 255))),
        ];
        foreach (var token in good) Assert.Equal(200, (await host.GetAsync("/api/samples/who/am/i", token)).Status);
    }

    [Fact]
    public async Task Caller_is_what_the_token_says()
    {
        var caller = (await host.GetAsync("/api/samples/who/am/i", host.Token("sync.read  operator", "租户/1", "zh"))).Json;

        Assert.Equal("租户/1", caller.GetProperty("tenant").GetString());
        Assert.Equal("alice", caller.GetProperty("subject").GetString());
        Assert.Equal("zh-CN", caller.GetProperty("language").GetString());
        Assert.Equal(["operator", "sync.read"], caller.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()).Order(StringComparer.Ordinal));
    }

    private static string Good(DateTimeOffset now) => TestTokens.Sign(TestTokens.Payload(now));

    private static string With(DateTimeOffset now, Action<JsonObject> change)
    {
        var claims = JsonNode.Parse(TestTokens.Payload(now))!.AsObject();
        change(claims);
        return TestTokens.Sign(claims.ToJsonString());
    }

    private static string Swap(string token, string other) => $"{other.Split('.')[0]}.{other.Split('.')[1]}.{token.Split('.')[2]}";
}
