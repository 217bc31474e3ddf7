using DataSync.Platform.Tenancy;

namespace DataSync.Platform.Encryption;

/// <summary>What every store does whose sealed things lie in rows of their own.</summary>
internal static class Resealing
{
    /// <summary>Moves one thing after the other, each in a transaction of its own, so that nobody waits for more than one.</summary>
    /// <param name="database">Where they are.</param>
    /// <param name="tenantId">Whose they are.</param>
    /// <param name="things">Names them.</param>
    /// <param name="move">True if moved, false if it does not open, null if there was nothing to do.</param>
    /// <param name="ct">Ends it between two of them.</param>
    public static async Task<ResealOutcome> EachAsync<T>(
        this TenantDatabase database, string tenantId, Func<TenantTransaction, Task<List<T>>> things, Func<TenantTransaction, T, Task<bool?>> move, CancellationToken ct)
    {
        var (moved, unreadable) = (0, 0);
        foreach (var thing in await database.RunAsync(tenantId, things, ct))
        {
            switch (await database.RunAsync(tenantId, transaction => move(transaction, thing), ct))
            {
                case true: moved++; break;
                case false: unreadable++; break;
            }
        }

        return new ResealOutcome(moved, unreadable);
    }
}
