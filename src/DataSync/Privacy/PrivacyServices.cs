using DataSync.Platform.Encryption;
using DataSync.Privacy.Retention;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Tenants;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Privacy;

/// <summary>What tenants and operators do about people's data. The places where something of a person may be are found by their contract.</summary>
internal static class PrivacyServices
{
    public static IServiceCollection AddPrivacy(this IServiceCollection services)
        => services.AddSingleton<SubjectSeal>().AddSingleton<JobSpans>().AddSingleton<HeldRows>().AddSingleton<ErasureRequests>().AddSingleton<RetentionStore>().AddSingleton<TenantTasks>().AddSingleton<TenantErasure>().AddSingleton<ISealedStore, SealedRequests>();

    /// <summary>What a worker runs beside its jobs.</summary>
    public static IServiceCollection AddPrivacyWorker(this IServiceCollection services)
        => services.AddSingleton<OldTasks>().AddSingleton<AwaitedJobs>().AddSingleton<ErasureRunner>().AddSingleton<ErasureWorker>().AddHostedService(provider => provider.GetRequiredService<ErasureWorker>())
            .AddSingleton<RetentionSweeper>().AddHostedService(provider => provider.GetRequiredService<RetentionSweeper>());

    public static void MapPrivacy(this IEndpointRouteBuilder endpoints)
    {
        SubjectEndpoints.Map(endpoints);
        RetentionEndpoints.Map(endpoints);
    }
}
