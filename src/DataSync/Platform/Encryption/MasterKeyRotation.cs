using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Platform.Encryption;

/// <summary>
/// Wraps every tenant's data keys under the first master key. Nothing that was sealed changes. A tenant is one short transaction, so it can
/// run while everything works, be stopped, and be run again; a tenant that fails does not keep the others back.
/// </summary>
internal sealed partial class MasterKeyRotation(DataSources sources, TenantDatabase database, TenantKeyring keyring, IKeyWrapper wrapper, TimeProvider time, ILogger<MasterKeyRotation> logger)
{
    public async Task<MasterKeyRotationOutcome> RunAsync(CancellationToken ct)
    {
        var (rewrapped, failed) = (0, 0);
        var last = "";
        while (await NextTenantAsync(last, ct) is { } tenant)
        {
            last = tenant;
            var trail = AuditTrail.Begin("rotate-master-key", "key.rewrap", "tenant", tenant, time);
            try
            {
                rewrapped += await database.ChangeAsync(tenant, transaction => keyring.RewrapAsync(transaction, ct), keys => keys > 0, ct, isOfWhatLiesHere: true);
            }
            catch (Exception e) when (e is SyncFailureException or NpgsqlException)
            {
                failed++;
                Log.TenantFailed(logger, e);
            }
            finally
            {
                trail.End();
            }
        }

        Log.Rotated(logger, wrapper.WrappingKeyId, rewrapped, failed);
        return new MasterKeyRotationOutcome(rewrapped, failed);
    }

    /// <summary>How many data keys each master key wraps: one that is not named here can be taken out of the setting.</summary>
    public async Task<IReadOnlyDictionary<string, long>> UsesAsync(CancellationToken ct)
    {
        Dictionary<string, long> uses = new(StringComparer.Ordinal);
        await using var command = sources.System.CreateCommand("SELECT master_key_id, count(*) FROM tenant_keys GROUP BY master_key_id");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) uses[reader.GetString(0)] = reader.GetInt64(1);
        return uses;
    }

    private async Task<string?> NextTenantAsync(string after, CancellationToken ct)
    {
        await using var command = sources.System.CreateCommand(
            "SELECT tenant_id FROM tenant_keys WHERE master_key_id <> $1 AND tenant_id > $2 ORDER BY tenant_id LIMIT 1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = wrapper.WrappingKeyId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after });
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    private static partial class Log
    {
        [LoggerMessage(1104, LogLevel.Information, "Master key {MasterKeyId} now wraps: {Rewrapped} data keys wrapped again, {Failed} tenants failed")]
        public static partial void Rotated(ILogger logger, string masterKeyId, int rewrapped, int failed);

        [LoggerMessage(1105, LogLevel.Error, "A tenant's data keys could not be wrapped again; the others go on")]
        public static partial void TenantFailed(ILogger logger, Exception exception);
    }
}

/// <summary>What a rotation did.</summary>
/// <param name="Rewrapped">Data keys wrapped again.</param>
/// <param name="Failed">Tenants whose keys stay under their old master key: keep it.</param>
internal sealed record MasterKeyRotationOutcome(int Rewrapped, int Failed);
