using System.Diagnostics;
using DataSync.Platform.Authentication;
using DataSync.Tests.Platform.Http;

namespace DataSync.Tests.Platform.Authentication;

/// <summary>An issuer's keys over the life of a process that is never restarted.</summary>
public sealed class KeyRotationTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_of_an_issuer_come_and_go_without_a_restart()
    {
        await using var issuer = await TokenIssuer.StartAsync(Ct);
        await issuer.NewKeyAsync("old", Ct);
        var name = await issuer.OpenAsync(Ct);
        await issuer.CloseAsync(Ct);
        var host = new ApiHost().With("DATASYNC_JWT_DEVELOPMENT_KEY", null).With("DATASYNC_JWT_AUTHORITY", name);
        await host.InitializeAsync();
        try
        {
            await WalkAsync(issuer, host);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    private static async Task WalkAsync(TokenIssuer issuer, ApiHost host)
    {
        var old = await TokenAsync("old");

        // started without the issuer: said so, and only to those who show a token
        var refused = await host.GetAsync("/api/samples/who/am/i", old);
        Assert.Equal((503, "errors.token.issuer_unreachable", "10"), (refused.Status, refused.Key, refused.Headers["Retry-After"]));
        Assert.Equal(200, (await host.GetAsync("/health/live")).Status);
        Assert.Equal(401, await StatusAsync(null));

        // it comes, and its keys are fetched by whoever asks after the pause
        await issuer.OpenAsync(Ct);
        Assert.Equal(503, await StatusAsync(old));
        host.Time.Advance(IssuerKeys.Pause);
        Assert.Equal(200, await StatusAsync(old));

        // a new key works with its first token, beside the old one
        await issuer.NewKeyAsync("new", Ct);
        await issuer.NewKeyAsync("curve", Ct, "ES256");
        var (@new, curve) = (await TokenAsync("new"), await TokenAsync("curve"));
        host.Time.Advance(IssuerKeys.Pause);
        Assert.Equal((200, 200, 200), (await StatusAsync(@new), await StatusAsync(curve), await StatusAsync(old)));

        // a key that was taken back is refused soon after, the others go on
        await issuer.TakeBackAsync("old", Ct);
        Assert.Equal(200, await StatusAsync(old));
        host.Time.Advance(IssuerKeys.Fresh + TimeSpan.FromSeconds(1));
        await UntilAsync(401, old);
        Assert.Equal(200, await StatusAsync(@new));

        // after a silence nobody is let in by keys that are too old to be trusted unseen
        await issuer.TakeBackAsync("curve", Ct);
        host.Time.Advance(IssuerKeys.Fresh * 2 + TimeSpan.FromSeconds(1));
        Assert.Equal(401, await StatusAsync(curve));

        // the issuer goes away: known keys serve, for a day and no longer
        await issuer.CloseAsync(Ct);
        host.Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(200, await StatusAsync(@new));
        host.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        Assert.Equal(503, await StatusAsync(@new));
        await issuer.OpenAsync(Ct);
        host.Time.Advance(IssuerKeys.Pause);
        Assert.Equal((200, 401), (await StatusAsync(@new), await StatusAsync(old)));

        Task<string> TokenAsync(string key) => issuer.TokenAsync(key, host.Time.GetUtcNow(), host.Time.GetUtcNow().AddDays(3), Ct);

        async Task<int> StatusAsync(string? token) => (await host.GetAsync("/api/samples/who/am/i", token)).Status;

        async Task UntilAsync(int status, string token)
        {
            for (var began = Stopwatch.GetTimestamp(); await StatusAsync(token) != status; await Task.Delay(20, Ct)) Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
        }
    }
}
