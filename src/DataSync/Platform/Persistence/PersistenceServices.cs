using DataSync.Platform.Monitoring;
using DataSync.Platform.Settings;
using DataSync.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace DataSync.Platform.Persistence;

internal static class PersistenceServices
{
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        services.AddSingleton(new DatabaseOptions
        {
            Connection = configuration["DATASYNC_CONNECTION"] ?? "",
            SystemConnection = configuration["DATASYNC_SYSTEM_CONNECTION"] ?? "",
            OwnerConnection = configuration["DATASYNC_OWNER_CONNECTION"] ?? "",
            StoredCompression = settings.Name(Persistence.StoredCompression.Setting, StoredCompressionMethod.Lz4),
        });
        services.AddSingleton(new SettingsFaults(settings.Faults));
        services.AddSingleton<StoredCompression>();
        services.AddSingleton<DataSources>();
        services.AddDbContextFactory<DataSyncDbContext>((provider, options) => Configure(options, provider.GetRequiredService<DataSources>().App));
        services.AddSingleton<TenantDatabase>();
        services.AddSingleton<Migrator>();
        services.AddSingleton<LeafKeeper>();
        services.AddSingleton<IReadinessCheck, DatabaseReadiness>();
        services.AddSingleton<PoolMeasure>();
        services.AddSingleton(provider => new ProcessMeasure(PoolMeasure.Condition, provider.GetRequiredService<PoolMeasure>().Read));
        services.AddSingleton<IsolationWatch>().AddHostedService(provider => provider.GetRequiredService<IsolationWatch>());
        services.AddSingleton(provider => new ProcessMeasure(IsolationWatch.Condition, provider.GetRequiredService<IsolationWatch>().Read));
        return services;
    }

    internal static DbContextOptionsBuilder Configure(DbContextOptionsBuilder options, System.Data.Common.DbDataSource source)
        => options.UseNpgsql(source, MigrationsHistory).UseSnakeCaseNamingConvention()
            .AddInterceptors(new TenantStampingInterceptor(), new TransactionRequiredInterceptor());

    internal static void MigrationsHistory(NpgsqlDbContextOptionsBuilder npgsql) => npgsql.MigrationsHistoryTable("schema_history", "public");
}

/// <summary>Lets <c>dotnet ef migrations add</c> build the model without a server.</summary>
internal sealed class DesignTimeContextFactory : IDesignTimeDbContextFactory<DataSyncDbContext>
{
    public DataSyncDbContext CreateDbContext(string[] args)
        => new(new DbContextOptionsBuilder<DataSyncDbContext>().UseNpgsql("Host=127.0.0.1", PersistenceServices.MigrationsHistory).UseSnakeCaseNamingConvention().Options);
}
