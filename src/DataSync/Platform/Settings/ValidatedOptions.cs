using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Settings;

internal static class ValidatedOptions
{
    /// <summary>Adds options that are read once, and checked before anything starts.</summary>
    public static IServiceCollection AddValidated<TOptions, TValidation>(this IServiceCollection services, Action<TOptions> read)
        where TOptions : class
        where TValidation : class, IValidateOptions<TOptions>
    {
        services.AddOptions<TOptions>().Configure(read).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TValidation>());
        return services;
    }
}
