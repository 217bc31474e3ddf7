using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>Brings our tables up to this version, as <c>datasync_owner</c>. Several at once are safe: EF Core takes a lock of the database.</summary>
internal sealed partial class Migrator(DatabaseOptions options, StoredCompression compression, ILogger<Migrator> logger)
{
    public async Task RunAsync(CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(options.OwnerConnection);
        await using var context = new DataSyncDbContext(
            new DbContextOptionsBuilder<DataSyncDbContext>().UseNpgsql(source, PersistenceServices.MigrationsHistory).UseSnakeCaseNamingConvention().Options);
        var pending = (await context.Database.GetPendingMigrationsAsync(ct)).ToList();
        await context.Database.MigrateAsync(ct);
        await compression.ApplyAsync(source, options.StoredCompression, ct);
        Log.Migrated(logger, pending.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(1600, LogLevel.Information, "Database is up to date, {Applied} migrations applied")]
        public static partial void Migrated(ILogger logger, int applied);
    }
}
