using DataSync.Pipeline.Privacy;
using DataSync.Platform.Encryption;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using DataSync.Platform.Settings;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Hooks;
using DataSync.Refine.LabelStudio.Projects;
using DataSync.Refine.LabelStudio.Tasks;
using DataSync.Refine.LabelStudio.Waiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Refine.LabelStudio;

/// <summary>Annotation by people, at Label Studio.</summary>
internal static class LabelStudioServices
{
    public static IServiceCollection AddLabelStudio(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<LabelStudioOptions, LabelStudioOptionsValidation>(o => o.Read(configuration));
        services.AddEgress(configuration).AddResilience(configuration);
        services.AddSingleton<LabelStudioPools>().AddSingleton<LabelStudioTokens>().AddSingleton<LabelStudioClient>();
        services.AddSingleton<TaskMatch>().AddSingleton<TaskImport>().AddSingleton<TaskTwins>().AddSingleton<TaskLook>();
        services.AddSingleton<ProjectStore>().AddSingleton<ProjectProbe>().AddSingleton<ISealedStore, SealedProjectKeys>();
        services.AddSingleton<SentTasks>().AddSingleton<AnnotationFloor>();
        services.AddSingleton<TasksOfJobs>().AddSingleton<ForgetTasksOfJobs>(provider => provider.GetRequiredService<TasksOfJobs>().ForgetAsync)
            .AddSingleton<ForgetLeftTasks>(provider => provider.GetRequiredService<TasksOfJobs>().ForgetAsync)
            .AddSingleton<ReadTasksOfJobs>(provider => provider.GetRequiredService<TasksOfJobs>().ReadAsync);
        return services.AddSingleton<HookWake>().AddSingleton<HookReceiver>();
    }
}
