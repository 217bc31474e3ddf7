using DataSync.Refine.Ai.Answers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.Ai;

/// <summary>The language model. The enricher itself is found by its contract.</summary>
internal static class AiServices
{
    public static IServiceCollection AddAi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AiOptions>().Configure(o => o.Read(configuration)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AiOptions>, AiOptionsValidation>());
        return services.AddSingleton<AiModel>();
    }

    /// <summary>What a worker runs beside its jobs.</summary>
    public static IServiceCollection AddAiWorker(this IServiceCollection services) => services.AddHostedService<AnswerSweeper>();
}
