using DataSync.Jobs.Hangfire;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Encryption;
using DataSync.Platform.Localization;
using DataSync.Platform.Persistence;
using DataSync.Platform.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DataSync;

/// <summary>What happens before a process serves: it is migrated, or refused with every fault at once.</summary>
public static class DataSyncStart
{
    /// <summary>Brings the database up to this version, Hangfire's tables included. For role <see cref="DataSyncRole.Migrate"/>.</summary>
    public static async Task MigrateAsync(this IServiceProvider services, CancellationToken ct)
    {
        await services.GetRequiredService<Migrator>().RunAsync(ct);
        await HangfireSchema.InstallAsync(services.GetRequiredService<DatabaseOptions>(), ct);
    }

    /// <summary>Everything that forbids the start, worded for the operator; empty where it may go on.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(this IServiceProvider services, DataSyncRole role, CancellationToken ct)
    {
        var database = services.GetRequiredService<DatabaseOptions>();
        List<Fault> faults = [.. services.GetServices<SettingsFaults>().SelectMany(s => s.Faults)];
        if (role == DataSyncRole.Migrate)
        {
            faults.AddRange(DatabaseGuard.CheckConnectionString("DATASYNC_OWNER_CONNECTION", database.OwnerConnection));
            return Worded(services, faults);
        }

        faults.AddRange(DatabaseGuard.CheckConnectionString("DATASYNC_CONNECTION", database.Connection));
        faults.AddRange(DatabaseGuard.CheckConnectionString("DATASYNC_SYSTEM_CONNECTION", database.SystemConnection));
        if (faults.Exists(f => f.Path is "DATASYNC_CONNECTION" or "DATASYNC_SYSTEM_CONNECTION")) return Worded(services, faults);
        try
        {
            var sources = services.GetRequiredService<DataSources>();
            faults.AddRange(await DatabaseGuard.CheckRoleAsync("DATASYNC_CONNECTION", sources.App, ct));
            faults.AddRange(await DatabaseGuard.CheckRoleAsync("DATASYNC_SYSTEM_CONNECTION", sources.System, ct));
            if (await PendingAsync(services, ct)) faults.Add(new Fault("DATASYNC_CONNECTION", "errors.settings.migrations_pending"));
            else faults.AddRange(await services.GetRequiredService<EncryptionSelfTest>().RunAsync(ct));
        }
        catch (NpgsqlException e)
        {
            faults.Add(new Fault("DATASYNC_CONNECTION", "errors.settings.database", ("reason", e.SqlState ?? e.InnerException?.GetType().Name ?? e.GetType().Name)));
        }

        return Worded(services, faults);
    }

    private static async Task<bool> PendingAsync(IServiceProvider services, CancellationToken ct)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<DataSyncDbContext>>().CreateDbContextAsync(ct);
        await using var command = services.GetRequiredService<DataSources>().App.CreateCommand("SELECT public.schema_version()");
        try
        {
            var applied = (string?)await command.ExecuteScalarAsync(ct);
            return string.CompareOrdinal(applied, context.Database.GetMigrations().Max(StringComparer.Ordinal)) < 0;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.InsufficientPrivilege)
        {
            return true;
        }
    }

    private static List<string> Worded(IServiceProvider services, IEnumerable<Fault> faults)
    {
        var messages = services.GetRequiredService<Messages>();
        return [.. faults.Select(f => $"{f.Path}: {messages.Format(f.MessageKey, "en-US", f.Params)}")];
    }
}
