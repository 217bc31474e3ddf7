using DataSync.Export.Coco.Categories;
using DataSync.Export.Storage;
using DataSync.Export.Storage.Links;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Export;

/// <summary>Registers the export room. The stage and the exporters are found by the scan of this assembly.</summary>
internal static class ExportServices
{
    public static IServiceCollection AddExport(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ExportOptions>()
            .Configure(options => options.Root = configuration[ExportOptions.RootSetting] is { Length: > 0 } root ? root : options.Root)
            .Validate(options => options.Root.Trim().Length > 0 && !options.Root.Contains('\0', StringComparison.Ordinal), $"{ExportOptions.RootSetting} must be a folder's path.")
            .Validate(options => !File.Exists(options.Root), $"{ExportOptions.RootSetting} names a file; it must be a folder, or a path where one can be made.")
            .ValidateOnStart();
        services.AddExportStorage(configuration);
        services.AddSingleton<NumberCategories>(provider => new CategoryNumbers(provider.GetRequiredService<TenantDatabase>()).NumberAsync);
        services.AddSingleton<ExportFiles>();
        services.AddSingleton<ExportListing>();
        services.AddSingleton<DownloadLinks>();
        services.AddSingleton<ExportSearch>();
        services.AddSingleton<FindInExport>(provider => provider.GetRequiredService<ExportSearch>().FindAsync);
        services.AddSingleton<ReadExport>(provider => provider.GetRequiredService<ExportSearch>().ReadAsync);
        services.AddSingleton<ListExportFiles>(provider => provider.GetRequiredService<ExportFiles>().LeftAsync);
        services.AddSingleton<DeleteExport>(provider => provider.GetRequiredService<ExportFiles>().DeleteAsync);
        services.AddSingleton<DeleteTenantExports>(provider => provider.GetRequiredService<ExportFiles>().DeleteAllAsync);
        services.AddSingleton<HasTenantFiles>(provider => provider.GetRequiredService<ExportFiles>().AnyAsync);
        return services;
    }
}
