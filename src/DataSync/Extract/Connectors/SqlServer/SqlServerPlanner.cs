using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>
/// Finds out how far an incremental reading may go. By a <c>rowversion</c> the server itself knows. By another column, for a login that may see the server's state: first the greatest
/// value there is, then which transactions run; once those have ended, every later row lies at or above that value, because whoever wrote it began afterwards.
/// </summary>
internal sealed class SqlServerPlanner(SqlServerSession session, ReadRequest request, TimeProvider time)
{
    /// <summary>The login may not look.</summary>
    private static readonly int[] Denied = [229, 297, 300, 371, 378];

    /// <summary>Short transactions have ended by then. Longer ones are not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Transactions that may write and are neither over nor our own, of every database: which ones they write is not known before they do.</summary>
    private const string Running =
        """
        SELECT transaction_id FROM sys.dm_tran_active_transactions
        WHERE transaction_type IN (1, 4) AND transaction_state NOT IN (3, 6, 8) AND transaction_id <> CURRENT_TRANSACTION_ID()
        """;

    /// <summary>Plans a reading; null where nothing can be known beforehand.</summary>
    public async Task<WindowPlan?> PlanAsync(JsonElement? last, CancellationToken ct)
    {
        var column = await session.DoAsync(Column, ct);
        if (column.Type == "timestamp" && request.Table is not null) return await session.DoAsync(() => ByRowVersion(last), ct);
        if (column.Form is ColumnForm.Guid or ColumnForm.Time or ColumnForm.Bytes or ColumnForm.Json or ColumnForm.Variant or ColumnForm.Bit or ColumnForm.LongText or ColumnForm.Xml or ColumnForm.Text or ColumnForm.RawText) return null;
        if (await session.DoAsync(RunningNow, ct) is null) return null;
        var floor = await session.DoAsync(() => Greatest(column), ct);
        var isDecided = await WaitAsync(ct);

        // before there is any value, nothing is known to lie below those that come
        return new WindowPlan { Floor = isDecided ? floor : null, IsUndecided = !isDecided || floor is null };
    }

    private SqlServerColumn Column()
    {
        var field = request.Window!.Field;
        if (request.Table is not { } name) return SqlServerQuery.Of(request).ColumnOf(session, field);
        var column = SqlServerTable.Find(session, name).Column(field);
        return new SqlServerColumn(column.Name, column.Form, column.Type);
    }

    private WindowPlan ByRowVersion(JsonElement? last)
    {
        var before = last is { } planned ? SqlServerExtent.Read(planned).To : (ulong?)null;
        var to = session.Query("SELECT CAST(MIN_ACTIVE_ROWVERSION() AS binary(8))", static row => BinaryPrimitives.ReadUInt64BigEndian(row.GetSqlBinary(0).Value))[0];
        if (before > to) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.state_foreign"));
        var extent = new SqlServerExtent { Field = request.Window!.Field, From = before, To = to };
        return new WindowPlan { Extent = extent.ToJson(), Next = extent.ToJson() };
    }

    /// <summary>The greatest value as a record would show it.</summary>
    private JsonElement? Greatest(SqlServerColumn column)
    {
        var greatest = $"SELECT MAX(w.{SqlServerName.Quote(column.Name)}) AS v FROM";
        var window = new ReadRequest { Query = null, BatchSize = 1 };
        using var command = request.Table is { } name
            ? session.Command($"{greatest} {SqlServerTable.Find(session, name).QuotedName} AS w")
            : SqlServerQuery.Of(request) is var query ? query.Command(session, query.Text.Within("", greatest)) : null!;
        using var reader = command.ExecuteReader();
        using var row = new Rows.SqlServerRow(reader, SqlServerRead.ColumnsOf(reader));
        using var records = new BatchBuilder(window);
        if (!reader.Read()) return null;
        row.Write(records.Buffer);
        var value = JsonElement.Parse(records.Buffer[0]).GetProperty("v");
        return value.ValueKind == JsonValueKind.Null ? null : value;
    }

    /// <summary>Waits until all that run now have ended; false where some have not in time.</summary>
    private async Task<bool> WaitAsync(CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var waited = (await session.DoAsync(RunningNow, ct))!;
        for (; waited.Count > 0 && time.GetElapsedTime(began) < Patience; waited.IntersectWith((await session.DoAsync(RunningNow, ct))!)) await Task.Delay(Look, time, ct);
        return waited.Count == 0;
    }

    /// <summary>The numbers of those that run; null where the login may not see them.</summary>
    private HashSet<string>? RunningNow()
    {
        try
        {
            return session.Query(Running, static row => row.GetInt64(0).ToString(CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal);
        }
        catch (SqlException e) when (Denied.Contains(e.Number))
        {
            return null;
        }
    }
}
