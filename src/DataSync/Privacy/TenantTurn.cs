using System.Data.Common;
using DataSync.Platform.Tenancy;

namespace DataSync.Privacy;

/// <summary>
/// The right to rewrite and remove a tenant's files: one process at a time has it, by a lock of an open transaction, so that it ends with the process and with the transaction, whatever becomes of either: a
/// session's own lock would stay with a pooled connection that was given back in the middle of a cancelled statement. Whoever has it asks whether it is still there before he does what no transaction guards.
/// </summary>
internal sealed class TenantTurn : IAsyncDisposable
{
    private readonly TenantTransaction _transaction;

    /// <summary>A connection takes one statement at a time, and the files of an export are published side by side.</summary>
    private readonly SemaphoreSlim _asking = new(1, 1);

    private TenantTurn(TenantTransaction transaction) => _transaction = transaction;

    /// <summary>Takes the turn; null where another has it.</summary>
    public static async Task<TenantTurn?> TakeAsync(TenantDatabase database, string tenantId, CancellationToken ct)
    {
        var transaction = await database.BeginAsync(tenantId, durable: false, ct);
        try
        {
            await using var take = transaction.Command("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 3030))", tenantId);
            if (await take.ExecuteScalarAsync(ct) is true) return new TenantTurn(transaction);
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }

        await transaction.DisposeAsync();
        return null;
    }

    /// <summary>Throws where the transaction, and with it the turn, is lost.</summary>
    public async Task ConfirmAsync(CancellationToken ct)
    {
        await _asking.WaitAsync(ct);
        try
        {
            await using var asks = _transaction.Command("SELECT 1");
            await asks.ExecuteScalarAsync(ct);
        }
        catch (Exception e) when (e is DbException or InvalidOperationException) // of a connection that is closed already
        {
            throw new LostTurnException(e);
        }
        finally
        {
            _asking.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync();
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            // it is gone, and the lock with it
        }

        _asking.Dispose();
    }
}

/// <summary>Another process has the turn, or the request.</summary>
internal sealed class LostTurnException(Exception? cause = null) : Exception("Another process has the turn.", cause);
