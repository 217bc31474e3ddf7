using DataSync.Platform.Persistence;
using Hangfire.PostgreSql;
using Npgsql;

namespace DataSync.Jobs.Hangfire;

/// <summary>Makes Hangfire's tables as the owner, and lets the application use them. They hold ids only, so no row-level security is on them.</summary>
internal static class HangfireSchema
{
    public static async Task InstallAsync(DatabaseOptions options, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(options.OwnerConnection);
        await using var connection = await source.OpenConnectionAsync(ct);
        PostgreSqlObjectsInstaller.Install(connection, HangfireServices.Schema);
        await using var grant = new NpgsqlCommand(
            $"""
            GRANT USAGE ON SCHEMA {HangfireServices.Schema} TO datasync_app;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {HangfireServices.Schema} TO datasync_app;
            GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {HangfireServices.Schema} TO datasync_app;
            """,
            connection);
        await grant.ExecuteNonQueryAsync(ct);
    }
}
