using DataSync.Pipeline.Routing;
using DataSync.Platform.Settings;
using DataSync.Refine.Ai;
using DataSync.Refine.LabelStudio;
using DataSync.Refine.Rules;
using DataSync.Refine.Rules.Checks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Refine;

/// <summary>What is made of records.</summary>
internal static class RefineServices
{
    /// <summary>Registers the room. Refiners themselves are found by their contract; what they share belongs here.</summary>
    public static IServiceCollection AddRefine(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(new UniqueMemory(settings.Int(UniqueMemory.LimitSetting, 512, 1, 1_048_576) * 1024L * 1024));
        services.AddSingleton(new SettingsFaults(settings.Faults));
        return services.AddSingleton<CompileConditions>(RecordConditions.Compile).AddAi(configuration).AddLabelStudio(configuration);
    }
}
