using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>Whether any file of a tenant is left in this region's storage. The room of the exports answers it.</summary>
internal delegate Task<bool> HasTenantFiles(string tenantId, CancellationToken ct);

/// <summary>
/// A tenant leaves a region only once nothing of it is there. Who changes anything of it that somebody asked for, and who moves it, take turns: a change is made before the move, which then finds it, or not at all. Records, jobs
/// and files begin with such a change, a source.
/// </summary>
internal sealed class RegionMove(RegionOptions regions, HasTenantFiles? files = null)
{
    /// <summary>First key of the lock; the second is the tenant.</summary>
    private const int Lock = 730516237;

    /// <summary>Holds the tenant here until the transaction's end; throws where it is not here any more. See <see cref="TenantTransaction.StayAsync"/>.</summary>
    public static async Task StayAsync(TenantTransaction transaction, RegionOptions regions, CancellationToken ct)
    {
        var set = await LockedAsync(transaction, "SELECT pg_advisory_xact_lock_shared($1, hashtext($2))", ct);
        if (!regions.IsHere(set)) throw new SyncFailureException(RegionFailure.Of(regions, set));
    }

    /// <summary>Keeps others from changing anything of the tenant until the transaction's end. Returns the region that is set; null where none is.</summary>
    public static Task<string?> BeginAsync(TenantTransaction transaction, CancellationToken ct)
    {
        transaction.Place();
        return LockedAsync(transaction, "SELECT pg_advisory_xact_lock($1, hashtext($2))", ct);
    }

    /// <summary>Throws where anything of the tenant is left here.</summary>
    public async Task LeaveAsync(TenantTransaction transaction, CancellationToken ct)
    {
        List<string> held = [];
        await using (var ask = transaction.Command("SELECT public.tables_with_rows_of_tenant()"))
        await using (var rows = await ask.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct)) held.Add(rows.GetString(0));
        }

        if (files is not null && await files(transaction.TenantId, ct)) held.Add("exports");
        if (held.Count > 0) throw RegionFailure.InUse(regions.Own!, held);
    }

    /// <summary>Takes the lock, and reads the region that is set: by a statement of its own in one round trip, which sees what was committed while the lock was waited for.</summary>
    private static async Task<string?> LockedAsync(TenantTransaction transaction, string sql, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<int> { TypedValue = Lock }, new NpgsqlParameter<string> { TypedValue = transaction.TenantId } } },
                new NpgsqlBatchCommand("SELECT region FROM tenant_settings"),
            },
        };
        await using var rows = await batch.ExecuteReaderAsync(ct);
        await rows.NextResultAsync(ct);
        return await rows.ReadAsync(ct) && !await rows.IsDBNullAsync(0, ct) ? rows.GetString(0) : null;
    }
}
