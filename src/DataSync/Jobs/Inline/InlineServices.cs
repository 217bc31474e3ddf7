using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Jobs.Inline;

internal static class InlineServices
{
    /// <summary>Runs in the process that took the request. Their options are read with the engine's.</summary>
    public static IServiceCollection AddInlineRuns(this IServiceCollection services)
        => services.AddSingleton<InlineGate>().AddSingleton<InlineJobs>().AddSingleton<InlineAnswers>().AddSingleton<InlineAttempts>().AddSingleton<InlineRunner>();
}
