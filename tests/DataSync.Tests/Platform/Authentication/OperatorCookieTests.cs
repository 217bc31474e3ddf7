using System.Text.Json.Nodes;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit;
using DataSync.Platform.Authentication;
using DataSync.Tests.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Tests.Platform.Authentication;

public sealed class OperatorCookieTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Operators_token_buys_a_strict_cookie_that_is_valid()
    {
        var answer = await LoginAsync(_host.Token("operator"));

        Assert.Equal(302, answer.Status);
        Assert.Equal("/hangfire", answer.Headers["Location"]);
        Assert.Contains("; path=/hangfire; samesite=strict; httponly", answer.Headers["Set-Cookie"], StringComparison.Ordinal);
        Assert.True(Validate(CookieOf(answer)));
    }

    [Fact]
    public async Task Who_comes_and_who_goes_is_in_the_log_of_the_tokens_tenant_and_who_cannot_be_told_of_does_not_come()
    {
        var cookie = CookieOf(await LoginAsync(_host.Token("operator", "acme")));
        Assert.Equal(302, (await _host.SendAsync(HttpMethod.Post, "/hangfire/logout", null, null, ("Cookie", $"{OperatorCookie.Name}={cookie}"))).Status);
        Assert.Equal(302, (await _host.SendAsync(HttpMethod.Post, "/hangfire/logout", null, null)).Status);
        Assert.Equal([("operator.login", "acme", "user", "alice", "succeeded"), ("operator.logout", "acme", "user", "alice", "succeeded")], Told(_host.Audit.Written));

        await LoginAsync(_host.Token("sync.read", "acme"));
        await LoginAsync("no token");
        Assert.Equal([("operator.login", "acme", "user", "alice", "refused")], Told(_host.Audit.Offered));

        _host.Audit.Fault = new SyncFailureException(SyncFailure.Transient("errors.audit.unavailable"));
        var refused = await LoginAsync(_host.Token("operator", "acme"));
        Assert.Equal("errors.audit.unavailable", refused.Key);
        Assert.False(refused.Headers.ContainsKey("Set-Cookie"));

        static IEnumerable<(string, string, string, string?, string)> Told(IEnumerable<PendingAuditEntry> entries) => entries.Select(e => (e.Action, e.TenantId, e.ActorKind, e.Actor, e.Outcome));
    }

    [Theory]
    [InlineData("sync.read sync.write sources.write")]
    [InlineData("operators")]
    public async Task Other_tokens_buy_nothing(string scope)
    {
        var answer = await LoginAsync(_host.Token(scope));

        Assert.Equal(401, answer.Status);
        Assert.False(answer.Headers.ContainsKey("Set-Cookie"));
        Assert.Contains("lacks the scope operator", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<script>alert(1)</script>")]
    public async Task Wrong_token_buys_nothing_and_is_not_shown(string token)
    {
        var answer = await LoginAsync(token);

        Assert.Equal(401, answer.Status);
        Assert.False(answer.Headers.ContainsKey("Set-Cookie"));
        Assert.DoesNotContain("alert(1)", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bearer_header_does_not_log_anybody_in()
    {
        var answer = await _host.SendAsync(HttpMethod.Post, "/hangfire/login", _host.Token("operator"), new FormUrlEncodedContent([]));

        Assert.Equal(401, answer.Status);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Form_of_another_site_is_refused(string header, string value)
    {
        Assert.Equal("errors.login.cross_site", (await LoginAsync(_host.Token("operator"), (header, value))).Key);
        Assert.Equal(403, (await _host.SendAsync(HttpMethod.Post, "/hangfire/logout", null, null, (header, value))).Status);
    }

    [Fact]
    public async Task Form_behind_a_proxy_that_ends_tls_is_taken_and_its_cookie_goes_over_tls_alone()
    {
        var answer = await LoginAsync(_host.Token("operator"), ("Origin", "https://datasync.example.com"), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal(302, answer.Status);
        Assert.Contains("; secure", answer.Headers["Set-Cookie"].ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Cookie_ends_with_its_token_or_after_eight_hours()
    {
        var hour = CookieOf(await LoginAsync(_host.Token("operator")));
        var claims = JsonNode.Parse(TestTokens.Payload(_host.Time.GetUtcNow(), scope: "operator"))!;
        claims["exp"] = _host.Time.GetUtcNow().AddDays(3).ToUnixTimeSeconds();
        var days = CookieOf(await LoginAsync(TestTokens.Sign(claims.ToJsonString())));

        _host.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.True(Validate(hour));
        _host.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(Validate(hour));
        Assert.True(Validate(days));
        _host.Time.Advance(TimeSpan.FromHours(7));
        Assert.False(Validate(days));
    }

    [Fact]
    public async Task Cookie_that_was_changed_or_signed_elsewhere_is_refused()
    {
        var cookie = CookieOf(await LoginAsync(_host.Token("operator")));
        await using var other = new ApiHost().With("DATASYNC_MASTER_KEY", ApiHost.MasterKey("second"));
        await other.InitializeAsync();

        Assert.False(Validate(null));
        Assert.False(Validate(""));
        Assert.False(Validate("x" + cookie[1..]));
        Assert.False(Validate(cookie[..^1]));
        Assert.False(Validate(cookie, other));
    }

    [Fact]
    public async Task Page_is_in_the_callers_language_and_kept_by_nobody()
    {
        var answer = await _host.GetAsync("/hangfire/login", null, ("Accept-Language", "zh"));

        Assert.Contains("<html lang=\"zh-CN\">", answer.Text, StringComparison.Ordinal);
        Assert.Contains("type=\"submit\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains("no-store", answer.Headers["Cache-Control"], StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", answer.Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    private Task<Answer> LoginAsync(string token, params (string, string)[] headers)
        => _host.SendAsync(HttpMethod.Post, "/hangfire/login", null, new FormUrlEncodedContent([new("token", token)]), headers);

    private static string CookieOf(Answer answer) => answer.Headers["Set-Cookie"].Split(';')[0][(OperatorCookie.Name.Length + 1)..];

    private bool Validate(string? cookie, ApiHost? host = null)
    {
        var context = new DefaultHttpContext();
        if (cookie is not null) context.Request.Headers.Cookie = $"{OperatorCookie.Name}={cookie}";
        return (host ?? _host).Services.GetRequiredService<OperatorCookie>().Validate(context);
    }
}
