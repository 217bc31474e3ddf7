using DataSync.Pipeline.Routing;
using DataSync.Refine.Ai;
using DataSync.Refine.LabelStudio;
using DataSync.Refine.Rules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Refine;

/// <summary>What is made of records.</summary>
internal static class RefineServices
{
    /// <summary>Registers the room. Refiners themselves are found by their contract; what they share belongs here.</summary>
    public static IServiceCollection AddRefine(this IServiceCollection services, IConfiguration configuration)
        => services.AddSingleton<CompileConditions>(RecordConditions.Compile).AddAi(configuration).AddLabelStudio(configuration);
}
