using DataSync.Pipeline.Failures;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Localization;

internal static class LocalizationServices
{
    /// <summary>Registers <see cref="Messages"/>: the languages that are built in, and those dropped into <c>DATASYNC_LANGUAGES_DIR</c>. A file there that is no language refuses the start.</summary>
    public static IServiceCollection AddLocalizedMessages(this IServiceCollection services, IConfiguration configuration)
    {
        var assembly = typeof(Messages).Assembly;
        var (dropped, unusable) = LanguageFolder.Read(configuration[LanguageFolder.Setting], Messages.LanguagesOf(assembly));
        services.AddSingleton(new SettingsFaults([.. unusable.Select(file => new Fault(LanguageFolder.Setting, "errors.settings.language_file", ("setting", LanguageFolder.Setting), ("file", file)))]));
        services.AddSingleton(_ => Messages.Load(assembly, dropped));
        services.AddHostedService<LanguageReport>();
        return services;
    }
}
