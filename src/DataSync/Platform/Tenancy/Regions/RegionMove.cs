using DataSync.Pipeline.Failures;
using Npgsql;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>Whether any file of a tenant is left in this region's storage. The room of the exports answers it.</summary>
internal delegate Task<bool> HasTenantFiles(string tenantId, CancellationToken ct);

/// <summary>
/// A tenant leaves a region only once nothing of it is there. Its records, jobs and files begin with a source, so who makes one and who moves the tenant take turns: a source is made
/// before the move, which then finds it, or not at all.
/// </summary>
internal sealed class RegionMove(RegionOptions regions, HasTenantFiles? files = null)
{
    /// <summary>First key of the lock; the second is the tenant.</summary>
    private const int Lock = 730516237;

    /// <summary>Holds the tenant here until the transaction's end; throws where it is not here any more.</summary>
    public async Task StayAsync(TenantTransaction transaction, CancellationToken ct)
    {
        if (!regions.AreThere) return;
        await ExecuteAsync(transaction, "SELECT pg_advisory_xact_lock_shared($1, hashtext($2))", ct);
        var set = await SetAsync(transaction, ct);
        if (!regions.IsHere(set)) throw new SyncFailureException(RegionFailure.Of(regions, set));
    }

    /// <summary>Keeps others from making the tenant's first source until the transaction's end. Returns the region that is set; null where none is.</summary>
    public static async Task<string?> BeginAsync(TenantTransaction transaction, CancellationToken ct)
    {
        await ExecuteAsync(transaction, "SELECT pg_advisory_xact_lock($1, hashtext($2))", ct);
        return await SetAsync(transaction, ct);
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

    private static async Task ExecuteAsync(TenantTransaction transaction, string sql, CancellationToken ct)
    {
        await using var command = transaction.Command(sql, new NpgsqlParameter<int> { TypedValue = Lock }, transaction.TenantId);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A statement of its own: it sees what was committed while the lock was waited for.</summary>
    private static async Task<string?> SetAsync(TenantTransaction transaction, CancellationToken ct)
    {
        await using var ask = transaction.Command("SELECT region FROM tenant_settings");
        return await ask.ExecuteScalarAsync(ct) as string;
    }
}
