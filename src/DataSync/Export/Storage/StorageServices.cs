using DataSync.Export.Storage.S3;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DataSync.Export.Storage;

/// <summary>Registers where exports lie: a bucket where the operator names one, else a volume.</summary>
internal static class StorageServices
{
    public static IServiceCollection AddExportStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidated<S3Options, S3OptionsValidation>(o => o.Read(configuration));
        return services.AddSingleton<IExportStorage>(provider => provider.GetRequiredService<IOptions<S3Options>>().Value is { Bucket.Length: > 0 } s3
            ? new S3ExportStorage(S3Client.Create(s3, provider.GetRequiredService<EgressPolicy>()), s3, provider.GetRequiredService<IOptions<ExportOptions>>())
            : ActivatorUtilities.CreateInstance<DiskExportStorage>(provider));
    }
}
