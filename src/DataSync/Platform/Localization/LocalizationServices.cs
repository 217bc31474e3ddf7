using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DataSync.Platform.Localization;

internal static class LocalizationServices
{
    /// <summary>Registers <see cref="Messages"/>. May be called by every room that shows a text.</summary>
    public static IServiceCollection AddLocalizedMessages(this IServiceCollection services)
    {
        services.TryAddSingleton(_ => Messages.Load(typeof(Messages).Assembly));
        return services;
    }
}
