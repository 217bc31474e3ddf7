using DataSync.Platform.Localization;

namespace DataSync.Platform.Tenancy.Settings;

/// <summary>A tenant's language. Not worth an error or a wait: where it is not known, it is the default.</summary>
internal sealed class TenantLanguage(TenantSettingsAtHand settings, Messages messages)
{
    /// <summary>One of our languages, or null for the default.</summary>
    public async ValueTask<string?> OfAsync(string tenantId, CancellationToken ct) => Of(await settings.OfAsync(tenantId, ct));

    /// <summary>The same, of settings that are at hand.</summary>
    public string? Of(TenantSettings? known) => LanguagePreference.Match(known?.Language, messages.Languages);
}
