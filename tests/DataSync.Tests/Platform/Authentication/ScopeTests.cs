using DataSync.Platform.Authentication;
using DataSync.Tests.Platform.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Tests.Platform.Authentication;

public sealed class ScopeTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Request_without_a_token_is_told_to_bring_one()
    {
        var answer = await host.GetAsync("/api/samples/who/am/i");

        Assert.Equal(401, answer.Status);
        Assert.Equal("errors.token.missing", answer.Key);
        Assert.Equal("Bearer realm=\"datasync\"", answer.Headers["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sync.write")]
    [InlineData("sync.readx")]
    [InlineData("SYNC.READ")]
    [InlineData("sync.read,sync.write")]
    [InlineData("sync.read\\tx")]
    public async Task Token_without_the_scope_is_forbidden(string scope)
    {
        var answer = await host.GetAsync("/api/samples/who/am/i", host.Token(scope));

        Assert.Equal(403, answer.Status);
        Assert.Equal("errors.scope.missing", answer.Key);
        Assert.Equal("Bearer realm=\"datasync\", error=\"insufficient_scope\", scope=\"sync.read\"", answer.Headers["WWW-Authenticate"]);
        Assert.Equal("sync.read", answer.Json.GetProperty("message_params").GetProperty("scope").GetString());
        Assert.Equal("demo", answer.Json.GetProperty("tenant_id").GetString());
    }

    [Fact]
    public async Task Endpoint_that_opens_itself_to_nobody_is_closed_to_all()
    {
        Assert.Equal(401, (await host.GetAsync("/forgotten")).Status);
        Assert.Equal(403, (await host.GetAsync("/forgotten", host.Token(string.Join(' ', ApiScope.All)))).Status);
    }

    [Fact]
    public void Every_endpoint_of_the_platform_demands_a_scope_or_is_open_on_purpose()
    {
        var closed = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null && !e.Metadata.OfType<AuthorizationPolicy>().SelectMany(p => p.Requirements).OfType<ScopeRequirement>().Any())
            .Select(e => e.RoutePattern.RawText);

        Assert.Equal(["/forgotten"], closed);
    }
}
