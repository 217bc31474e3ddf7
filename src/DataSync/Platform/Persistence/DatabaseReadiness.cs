using DataSync.Pipeline.Failures;
using DataSync.Platform.Monitoring;
using Npgsql;

namespace DataSync.Platform.Persistence;

/// <summary>The database answers, as the application and as the system role, and tomorrow's records have a place.</summary>
internal sealed class DatabaseReadiness(DataSources sources, LeafKeeper leaves) : IReadinessCheck
{
    public string Name => "database";

    public async Task<SyncFailure?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using (var command = sources.App.CreateCommand("SELECT 1")) await command.ExecuteScalarAsync(cancellationToken);
            return await leaves.IsAheadAsync(cancellationToken) ? null : SyncFailure.Transient("errors.readiness.leaves");
        }
        catch (Exception e) when (e is NpgsqlException || DatabaseUnavailable.Caused(e))
        {
            return SyncFailure.Transient("errors.database.unavailable");
        }
    }
}
