using System.Security.Cryptography;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.Tests.Platform.Authentication;

public sealed class IssuerKeysTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly IssuerKeys _keys;
    private Func<CancellationToken, Task<OpenIdConnectConfiguration>> _issuer = _ => Task.FromResult(Configuration("a"));
    private int _asked;

    public IssuerKeysTests() => _keys = new IssuerKeys(
        ct =>
        {
            Interlocked.Increment(ref _asked);
            return _issuer(ct);
        },
        _time, NullLogger<IssuerKeys>.Instance);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Issuer_is_asked_once_by_many_and_once_a_pause_for_names_that_are_made_up()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _keys.GetConfigurationAsync(Ct)));
        Assert.Equal(1, _asked);
        for (var round = 1; round <= 3; round++)
        {
            _time.Advance(IssuerKeys.Pause);
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => _keys.MeetAsync($"made-up-{i}", Ct)));
            Assert.Equal(1 + round, _asked);
        }

        await _keys.MeetAsync("a", Ct);
        Assert.Equal(4, _asked);
    }

    [Fact]
    public async Task Issuer_that_hangs_holds_up_nobody_who_has_keys_and_others_for_five_seconds()
    {
        await _keys.GetConfigurationAsync(Ct);
        _issuer = async ct =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return Configuration("b");
        };
        _time.Advance(IssuerKeys.Fresh + TimeSpan.FromSeconds(1));
        Assert.Equal("a", Assert.Single((await _keys.GetConfigurationAsync(Ct)).SigningKeys).KeyId);

        var stranger = _keys.MeetAsync("b", Ct);
        await UntilAsync(() => _asked == 2);
        Assert.False(stranger.IsCompleted);
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return stranger.IsCompleted;
        });
        await stranger;
        Assert.Equal("a", Assert.Single((await _keys.GetConfigurationAsync(Ct)).SigningKeys).KeyId);
    }

    [Fact]
    public async Task Answer_without_keys_takes_none_away()
    {
        await _keys.GetConfigurationAsync(Ct);
        _issuer = _ => Task.FromResult(new OpenIdConnectConfiguration());
        _time.Advance((IssuerKeys.Fresh * 2) + TimeSpan.FromSeconds(1));
        Assert.Equal("a", Assert.Single((await _keys.GetConfigurationAsync(Ct)).SigningKeys).KeyId);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Without_any_keys_the_answer_is_try_again_and_the_issuer_is_spared()
    {
        _issuer = _ => throw new HttpRequestException("away");
        for (var i = 0; i < 10; i++)
        {
            var refused = await Assert.ThrowsAsync<SyncFailureException>(() => _keys.GetConfigurationAsync(Ct));
            Assert.Equal(("errors.token.issuer_unreachable", FailureKind.Transient), (refused.Failure.MessageKey, refused.Failure.Kind));
        }

        Assert.Equal(1, _asked);
    }

    private static OpenIdConnectConfiguration Configuration(string keyId)
    {
        var configuration = new OpenIdConnectConfiguration();
        configuration.SigningKeys.Add(new RsaSecurityKey(new RSAParameters { Modulus = new byte[256], Exponent = [1, 0, 1] }) { KeyId = keyId });
        return configuration;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var i = 0; !isSo(); i++)
        {
            Assert.True(i < 3000);
            await Task.Delay(10, Ct);
        }
    }
}
