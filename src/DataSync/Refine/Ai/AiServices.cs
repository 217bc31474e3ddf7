using DataSync.Platform.Settings;
using DataSync.Refine.Ai.Answers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.Ai;

/// <summary>The language model. The enricher itself is found by its contract.</summary>
internal static class AiServices
{
    public static IServiceCollection AddAi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<AiOptions, AiOptionsValidation>(o => o.Read(configuration));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<AiOptions>>().Value.TenantLimits);
        return services.AddSingleton<AiModel>();
    }

    /// <summary>What a worker runs beside its jobs.</summary>
    public static IServiceCollection AddAiWorker(this IServiceCollection services) => services.AddHostedService<AnswerSweeper>();
}
