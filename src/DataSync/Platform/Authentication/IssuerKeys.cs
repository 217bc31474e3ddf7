using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace DataSync.Platform.Authentication;

/// <summary>
/// The keys that an OpenID Connect issuer publishes, kept for a while. They are looked at again in the background once they are <see cref="Fresh"/> old, so a key that the issuer took
/// back is refused soon after; at once, but no more often than <see cref="Pause"/> allows, for a token that names a key unknown here, so a new key works with its first token, and made-up
/// names do not have us ask the issuer all the time. An issuer that is away costs nobody anything for as long as there are keys (<see cref="Longest"/>); one that answers with a list without keys has taken all back.
/// </summary>
/// <remarks>
/// The library's own manager keeps keys for twelve hours, lets those that were taken back serve for an hour more (as last known to be good), makes a 401 of an issuer that is away, and
/// goes by the wall clock, so that none of this could be tried.
/// </remarks>
internal sealed partial class IssuerKeys(Func<CancellationToken, Task<OpenIdConnectConfiguration>> fetch, TimeProvider time, ILogger<IssuerKeys> logger) : IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>Keys this old are looked at again while the old ones serve; twice as old ones are waited for.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    /// <summary>The issuer is asked no more often than this.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>Keys older than this are worth nothing: whoever keeps us from the issuer must not keep a key alive for ever that it took back.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private Known? _known;
    private Task<bool>? _asking;
    private long? _asked;
    private bool _away;

    /// <summary>The issuer's keys.</summary>
    /// <exception cref="SyncFailureException">There are none, and the issuer does not answer.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (Age() is not { } age || age > Fresh * 2) await AskAsync().WaitAsync(cancel);
        else if (age > Fresh) _ = AskAsync();
        var known = Volatile.Read(ref _known);
        if (known is not null && time.GetElapsedTime(known.At) <= Longest) return known.Configuration;
        throw new SyncFailureException(SyncFailure.Transient("errors.token.issuer_unreachable") with { RetryAfter = Pause });
    }

    /// <summary>A token names this key: where it is not known here, the issuer may have a new one.</summary>
    public async Task MeetAsync(string keyId, CancellationToken ct)
    {
        var configuration = await GetConfigurationAsync(ct);
        if (configuration.SigningKeys.All(k => k.KeyId != keyId)) await AskAsync().WaitAsync(ct);
    }

    /// <summary>A signature's key was not found: <see cref="MeetAsync"/> has asked for it already.</summary>
    public void RequestRefresh()
    {
    }

    private TimeSpan? Age() => Volatile.Read(ref _known) is { } known ? time.GetElapsedTime(known.At) : null;

    /// <summary>Asks the issuer, together with whoever asks it already; nobody is asked within <see cref="Pause"/> of the time before. Never fails.</summary>
    private Task<bool> AskAsync()
    {
        lock (_gate)
        {
            if (_asking is { IsCompleted: false } asking) return asking;
            if (_asked is { } before && time.GetElapsedTime(before) < Pause) return Task.FromResult(false);
            var now = time.GetTimestamp();
            _asked = now;
            return _asking = Task.Run(() => FetchAsync(now));
        }
    }

    private async Task<bool> FetchAsync(long at)
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience, time);
            var configuration = await fetch(limit.Token).WaitAsync(limit.Token);
            if (configuration is { SigningKeys.Count: 0, JsonWebKeySet: null }) throw new InvalidDataException("no list of keys");
            var before = Interlocked.Exchange(ref _known, new Known(configuration, at));
            if (_away) Log.Back(logger);
            _away = false;
            if (configuration.SigningKeys.Count == 0 && before is not { Configuration.SigningKeys.Count: 0 }) Log.None(logger);
            else if (before is not null && Changed(before.Configuration, configuration)) Log.Changed(logger, configuration.SigningKeys.Count);
            return true;
        }
#pragma warning disable CA1031 // whatever an issuer answers or does not, its keys that are known go on
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_away) Log.Away(logger, e.GetType().Name);
            _away = true;
            return false;
        }
    }

    private static bool Changed(OpenIdConnectConfiguration before, OpenIdConnectConfiguration after)
        => !before.SigningKeys.Select(k => k.KeyId).ToHashSet(StringComparer.Ordinal).SetEquals(after.SigningKeys.Select(k => k.KeyId));

    private sealed record Known(OpenIdConnectConfiguration Configuration, long At);

    private static partial class Log
    {
        [LoggerMessage(2022, LogLevel.Warning, "The keys of the tokens' issuer cannot be had ({Reason}); those that are known serve for a day")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(2023, LogLevel.Information, "The tokens' issuer answers again")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(2024, LogLevel.Information, "The tokens' issuer has changed its keys; there are {Count} now")]
        public static partial void Changed(ILogger logger, int count);

        [LoggerMessage(2025, LogLevel.Warning, "The tokens' issuer publishes no keys: every token is refused until it does")]
        public static partial void None(ILogger logger);
    }
}
