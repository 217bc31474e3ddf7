using System.Data.Common;
using DataSync.Platform.Authentication;
using DataSync.Platform.Caching;
using DataSync.Platform.Localization;
using DataSync.Platform.Persistence;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>A tenant's language. Not worth an error or a wait: where the database does not answer, it is the default for a while.</summary>
internal sealed partial class TenantLanguage(ConfigurationCache cache, TenantSettingsStore store, Messages messages, TimeProvider time, ILogger<TenantLanguage> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long _pausedUntil = long.MinValue;

    /// <summary>One of our languages, or null for the default.</summary>
    public async ValueTask<string?> OfAsync(string tenantId, CancellationToken ct)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _pausedUntil)) return null;
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            var settings = await cache.GetAsync("language", tenantId, "", async token => (TenantSettings?)await store.GetAsync(tenantId, token), both.Token);
            return LanguagePreference.Match(settings?.Language, messages.Languages);
        }
        catch (Exception e) when (!ct.IsCancellationRequested && (e is OperationCanceledException or DbException || DatabaseUnavailable.Caused(e)))
        {
            Volatile.Write(ref _pausedUntil, time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency));
            Log.Unknown(logger, e.GetType().Name);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1705, LogLevel.Warning, "A tenant's language could not be read ({Reason}); answers are in the default for a while")]
        public static partial void Unknown(ILogger logger, string reason);
    }
}

/// <summary>Finds the tenant's language for a request that names none, before anything is answered in one.</summary>
internal sealed class TenantLanguageMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (Caller.TenantOf(context) is { } tenant && RequestLanguage.Wished(context) is null
            && context.RequestServices.GetService<TenantLanguage>() is { } languages) // a floor without a database has none
        {
            RequestLanguage.SetTenants(context, await languages.OfAsync(tenant, context.RequestAborted));
        }

        await next(context);
    }
}
