using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Audit;

internal static class AuditServices
{
    /// <summary>The audit log. Needs the database.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(AuditOptions.Read(configuration, settings));
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddSingleton<AuditWriter>().AddSingleton<AuditJournal>(provider => provider.GetRequiredService<AuditWriter>()).AddSingleton<AuditSealer>().AddSingleton<AuditSealing>().AddSingleton<AuditAnchors>().AddSingleton<AuditVerifier>();
        services.AddHostedService<AuditRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditWriter>());
        services.AddHostedService(provider => provider.GetRequiredService<AuditSealing>());
        return services;
    }
}
