using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// Whoever drops a slot that no sync uses, and a sync that begins, take turns by a lock of the slot's own server. A sync is open in our database before it passes here, so whoever has the turn either sees it there, and
/// leaves the slot, or drops it before the sync has looked whether there is one. The server drops it in the session that has the turn: however late a statement arrives, it is never after the turn is over.
/// </summary>
internal static class SlotTurn
{
    /// <summary>What became of a slot.</summary>
    public enum Outcome
    {
        /// <summary>There is none.</summary>
        Gone,

        /// <summary>It is used, or may be.</summary>
        Kept,

        /// <summary>Somebody reads from it.</summary>
        Busy,
    }

    /// <summary>Waits until nobody is dropping the slot. Who begins a sync need not keep the turn: it shows that it is there by then.</summary>
    public static async Task PassAsync(PostgresSession session, string slot, CancellationToken ct)
    {
        await using var batch = session.Batch("SELECT pg_catalog.pg_advisory_lock_shared($1), pg_catalog.pg_advisory_unlock_shared($1)", [Key(slot)]);
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Takes the turn, which lasts as long as the session's transaction, and drops the slot unless it is used.</summary>
    /// <param name="session">In its transaction, which must end with this.</param>
    /// <param name="slot">Its name.</param>
    /// <param name="isUnused">Asked while nobody can pass; null where nobody will.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<Outcome> DropAsync(PostgresSession session, string slot, Func<CancellationToken, Task<bool>>? isUnused, CancellationToken ct)
    {
        if (await LogFacts.HeldAsync(session, slot, ct) is null) return Outcome.Gone;
        await using (var turn = session.Batch("SELECT pg_catalog.pg_advisory_xact_lock($1)", [Key(slot)])) await turn.ExecuteNonQueryAsync(ct);
        if (isUnused is not null && !await isUnused(ct)) return Outcome.Kept;
        try
        {
            const string Drop = "SELECT pg_catalog.pg_drop_replication_slot(s.slot_name) FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1 AND s.database = current_database()";
            await using var drop = session.Batch(Drop, [PostgresSession.Text(slot)]);
            await drop.ExecuteNonQueryAsync(ct);
            return Outcome.Gone;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            return Outcome.Busy;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            return Outcome.Gone;
        }
    }

    /// <summary>The lock's number.</summary>
    public static NpgsqlParameter<long> Key(string slot) => new() { TypedValue = BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(slot))) };
}
