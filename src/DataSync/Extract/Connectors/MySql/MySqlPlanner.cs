using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// Finds out how far an incremental reading may go, for a login with PROCESS, which may see InnoDB's transactions. First the greatest value there is, then
/// which transactions run that may write; once those have ended, every later row lies at or above that value, because whoever wrote it began afterwards.
/// A replica does not show what is open at its source, so there nothing but a lag covers what commits late.
/// </summary>
internal sealed class MySqlPlanner(MySqlSession session, TimeProvider time)
{
    private const int SpecificAccessDenied = 1227;

    /// <summary>Short transactions have ended by then. Their beginning is known to the second, so a connection that begins one after the other seems to be in one for that long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The server keeps the list it shows for 100 ms, and longer while others look. So looks are further apart, and grow so. By the first one, a statement that had begun
    /// before the greatest value was read has long come to InnoDB.
    /// </summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(120);

    /// <summary>
    /// A transaction's number changes with its first change, so they are told apart by connection and beginning; 1 for our own. One that was prepared (XA) and has left its connection has none, and may have been
    /// any of those that were waited for: it stands for all.
    /// </summary>
    private const string Running =
        $"""
        SELECT IF(trx_mysql_thread_id = 0, '{Detached}', CONCAT(trx_mysql_thread_id, ' ', trx_started)), trx_mysql_thread_id = CONNECTION_ID() AND trx_autocommit_non_locking = 0
        FROM information_schema.INNODB_TRX WHERE trx_is_read_only = 0 OR trx_mysql_thread_id = CONNECTION_ID()
        """;

    private const string Detached = "detached";

    /// <summary>Plans a reading; null where the login may not look, the server is a replica, or the column's values have an order that is only the server's own. At a replica there must be a lag.</summary>
    public async Task<WindowPlan?> PlanAsync(ReadRequest request, decimal lag, CancellationToken ct)
    {
        if (await IsReplicaAsync(ct))
        {
            if (lag == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.replica", ("field", request.Window!.Field)));
            return null;
        }

        try
        {
            await RunningAsync(ct);
        }
        catch (MySqlException e) when ((int)e.ErrorCode == SpecificAccessDenied)
        {
            return null;
        }

        var field = request.Window!.Field;
        var column = $"w.{MySqlName.Quote(field)}";
        if (request.Table is { } name)
        {
            var table = await MySqlTable.FindAsync(session, name, ct);
            return await PlanAsync(table.Column(field).Form, select => new MySqlText($"{select} {table.QuotedName} AS w", [], []), column, ct);
        }

        var query = MySqlQuery.Of(request, session.Lexing);
        return await PlanAsync(await query.FormAsync(session, field, ct), select => query.Within(select, ""), column, ct);
    }

    private async Task<bool> IsReplicaAsync(CancellationToken ct)
    {
        var found = false;
        foreach (var question in MySqlReplica.Questions) await session.QueryAsync(question, [], _ => found = true, ct);
        return found;
    }

    private async Task<WindowPlan?> PlanAsync(ColumnForm form, Func<string, MySqlText> from, string column, CancellationToken ct)
    {
        if (form is ColumnForm.Bytes or ColumnForm.Time or ColumnForm.RawTime or ColumnForm.Json or ColumnForm.RawJson or ColumnForm.Null) return null;
        var greatest = $"MAX({column})";
        if (form is ColumnForm.Float or ColumnForm.WidenedFloat) greatest += " + 0E0";
        else if (form == ColumnForm.Unsigned) greatest += " + 0";
        JsonElement? floor = null;
        bool isPlannable;
        await using (var command = await session.PrepareAsync(from($"SELECT CAST({greatest} AS CHAR), COLLATION(MAX({column})) FROM"), null, ct))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            if (!reader.IsDBNull(0)) floor = Shown(reader.GetString(0), form);

            // the state compares text by its code units
            isPlannable = form is not (ColumnForm.Text or ColumnForm.RawText) || reader.GetString(1).EndsWith("_bin", StringComparison.Ordinal);
        }

        if (!isPlannable) return null;
        var isDecided = await WaitAsync(ct);

        // before there is any value, nothing is known to lie below those that come
        return new WindowPlan { Floor = isDecided ? floor : null, IsUndecided = !isDecided || floor is null };
    }

    /// <summary>Waits until all that run now have ended; false where some have not in time, or where nothing newer than the greatest value could be seen.</summary>
    private async Task<bool> WaitAsync(CancellationToken ct)
    {
        // a list in which this transaction stands was made after the greatest value was read
        await using (var begin = session.Command("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")) await begin.ExecuteNonQueryAsync(ct);
        var began = time.GetTimestamp();
        HashSet<string>? waited = null;
        for (var pause = Look; ; pause *= 1.5)
        {
            await Task.Delay(pause, time, ct);
            var (running, isNew) = await RunningAsync(ct);
            if (waited is not null) waited.IntersectWith(running);
            else if (isNew) waited = running;
            if (running.Contains(Detached)) waited?.Add(Detached);
            if (waited is { Count: 0 }) return true;
            if (time.GetElapsedTime(began) > Patience) return false;
        }
    }

    private async Task<(HashSet<string> Running, bool IsNew)> RunningAsync(CancellationToken ct)
    {
        var (running, isNew) = (new HashSet<string>(StringComparer.Ordinal), false);
        await session.QueryAsync(
            Running, [],
            row =>
            {
                if (row.GetInt64(1) != 0) isNew = true;
                else running.Add(row.GetString(0));
            },
            ct);
        return (running, isNew);
    }

    /// <summary>The server's text of a value as a record would show it, as far as comparing goes.</summary>
    private static JsonElement Shown(string text, ColumnForm form) => form switch
    {
        ColumnForm.Text or ColumnForm.RawText or ColumnForm.Date or ColumnForm.RawDate or ColumnForm.DateTime or ColumnForm.RawDateTime => JsonSerializer.SerializeToElement(text),
        ColumnForm.Timestamp or ColumnForm.RawTimestamp => JsonSerializer.SerializeToElement(text + "Z"),

        // without the zeros of ZEROFILL
        _ => JsonElement.Parse(decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : text),
    };
}
