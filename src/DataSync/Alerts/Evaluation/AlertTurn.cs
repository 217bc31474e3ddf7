using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.Alerts.Evaluation;

/// <summary>
/// One machine looks at a time, and not sooner than a pace after the last look, whoever took it. The turn is a row that is locked until what came of the look is committed: who finds it
/// locked goes away, and a machine that dies gives it back. It saves work; that an alert is opened once does not rest on it, and the look, which has connections of its own, goes on should this one's break.
/// </summary>
internal sealed class AlertTurn(DataSources sources, AlertLook look)
{
    /// <summary>The row is held by a session that rests while its machine looks, for as long as every condition may take.</summary>
    private const string TakeSql =
        "SELECT now(), set_config('idle_in_transaction_session_timeout', '5min', true) FROM alert_turn WHERE taken_at <= now() - $1 FOR UPDATE SKIP LOCKED";

    /// <summary>Takes the turn if it is free and due; null where it is not.</summary>
    /// <param name="pace">The least from one look to the next.</param>
    /// <param name="ct">Ends the look; what it came to by then holds.</param>
    /// <param name="at">The time to look at; null for now, by the database's clock.</param>
    public async Task<AlertCount?> TakeAsync(TimeSpan pace, CancellationToken ct, DateTimeOffset? at = null)
    {
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        DateTimeOffset now;
        await using (var take = new NpgsqlCommand(TakeSql, connection) { Parameters = { new NpgsqlParameter<TimeSpan> { TypedValue = pace } } })
        await using (var row = await take.ExecuteReaderAsync(ct))
        {
            if (!await row.ReadAsync(ct)) return null;
            now = await row.GetFieldValueAsync<DateTimeOffset>(0, ct);
        }

        var count = await look.LookAsync(at ?? now, ct);
        await using (var done = new NpgsqlCommand("UPDATE alert_turn SET taken_at = now()", connection)) await done.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return count;
    }
}
