using DataSync.Jobs.Hangfire;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Encryption;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Localization;
using DataSync.Platform.Persistence;
using DataSync.Platform.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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
        if (role == DataSyncRole.Migrate)
        {
            var settings = services.GetServices<SettingsFaults>().SelectMany(s => s.Faults).Where(f => f.Path == StoredCompression.Setting);
            return [.. Worded(services, settings.Concat(DatabaseGuard.CheckConnectionString("DATASYNC_OWNER_CONNECTION", database.OwnerConnection)))];
        }

        return [.. Worded(services, await FaultsAsync(services, database, ct)), .. OptionsFaults(services)];
    }

    private static async Task<List<Fault>> FaultsAsync(IServiceProvider services, DatabaseOptions database, CancellationToken ct)
    {
        List<Fault> faults = [.. services.GetServices<SettingsFaults>().SelectMany(s => s.Faults)];
        var (_, keyFaults) = MasterKeyParser.Parse(services.GetRequiredService<IConfiguration>()[MasterKeyParser.Setting]);
        faults.AddRange(keyFaults);
        faults.AddRange(DatabaseGuard.CheckConnectionString("DATASYNC_CONNECTION", database.Connection));
        faults.AddRange(DatabaseGuard.CheckConnectionString("DATASYNC_SYSTEM_CONNECTION", database.SystemConnection));
        if (faults.Exists(f => f.Path is "DATASYNC_CONNECTION" or "DATASYNC_SYSTEM_CONNECTION")) return faults;
        try
        {
            var sources = services.GetRequiredService<DataSources>();
            faults.AddRange(await DatabaseGuard.CheckRoleAsync("DATASYNC_CONNECTION", sources.App, ct));
            faults.AddRange(await DatabaseGuard.CheckRoleAsync("DATASYNC_SYSTEM_CONNECTION", sources.System, ct));
            if (await PendingAsync(services, ct)) faults.Add(new Fault("DATASYNC_CONNECTION", "errors.settings.migrations_pending"));
            else if (keyFaults.Count == 0) faults.AddRange(await services.GetRequiredService<EncryptionSelfTest>().RunAsync(ct));
        }
        catch (NpgsqlException e)
        {
            faults.Add(new Fault("DATASYNC_CONNECTION", "errors.settings.database", ("reason", e.SqlState ?? e.InnerException?.GetType().Name ?? e.GetType().Name)));
        }

        return faults;
    }

    /// <summary>What the rooms' own validators find, which would otherwise stop the start one after another.</summary>
    private static IEnumerable<string> OptionsFaults(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException e)
        {
            return Texts(e);
        }
        catch (AggregateException e)
        {
            return e.InnerExceptions.OfType<OptionsValidationException>().SelectMany(Texts);
        }

        // The master key's faults are named by the parser, entry by entry.
        static IEnumerable<string> Texts(OptionsValidationException e) => e.OptionsType == typeof(MasterKeyOptions) ? [] : e.Failures;
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

    private static IEnumerable<string> Worded(IServiceProvider services, IEnumerable<Fault> faults)
    {
        var messages = services.GetRequiredService<Messages>();
        return faults.Select(f => $"{f.Path}: {messages.Format(f.MessageKey, "en-US", f.Params)}");
    }
}
