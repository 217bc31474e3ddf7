using System.Buffers;
using System.Buffers.Text;
using System.Data;
using DataSync.Extract.Connectors.SqlServer.Rows;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Incremental;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer.Changes;

/// <summary>
/// A reading of changes under way. Its batches have no token: an attempt that broke off begins again with nothing, for in a later snapshot a change that was not handed out yet may
/// wear another version.
/// </summary>
internal sealed class ChangeRead : IDisposable
{
    private const int OperationColumn = 0, VersionColumn = 1, FirstKey = 2;
    private readonly SqlCommand _command;
    private readonly SqlDataReader _reader;
    private readonly BatchBuilder _records;
    private readonly SqlServerRow _row;
    private readonly byte[][] _keyMembers, _goneMembers, _members;
    private readonly ChangePlan _plan;
    private readonly ChangePosition _next;
    private long _count;
    private bool _ended;

    private ChangeRead(SqlCommand command, SqlDataReader reader, SqlServerTable table, ReadRequest request, ChangePlan plan, ChangePosition next)
    {
        (_command, _reader, _plan, _next) = (command, reader, plan, next);
        _records = new BatchBuilder(request);
        var names = FieldNames.Unique([.. table.Columns.Select(c => c.Name)]);
        var columns = table.Columns.Select((c, i) => new SqlServerColumn(names[i], c.Form, c.Type)).ToList();
        var keys = table.Key.Select(k => columns[table.Columns.ToList().IndexOf(k)]).ToList();
        var ahead = new SqlServerColumn("", ColumnForm.Text, "");
        _row = new SqlServerRow(reader, [ahead, ahead, .. keys, .. keys, .. columns]);
        _keyMembers = [.. keys.Select(k => JsonText.MemberName(k.Name))];
        _goneMembers = [.. _keyMembers.Select(Following)];
        _members = [.. columns.Select(c => Following(JsonText.MemberName(c.Name)))];
    }

    /// <summary>Starts the statement.</summary>
    public static ChangeRead Start(SqlServerSession session, ReadRequest request, ChangePlan plan)
    {
        var state = TrackingState.Ask(session, request.Table!);
        var (command, next) = ChangeStatement.Of(session, state, plan);
        try
        {
            return new ChangeRead(command, command.ExecuteReader(CommandBehavior.SequentialAccess), state.Table, request, plan, state.At(next));
        }
        catch
        {
            command.Dispose();
            throw;
        }
    }

    /// <summary>The next batch; null when there is none, and then the plan says where the next sync begins.</summary>
    public RecordBatch? Next()
    {
        while (!_ended && !_records.IsFull)
        {
            if (_reader.Read()) Write(_records.Buffer);
            else _ended = true;
        }

        if (!_records.IsEmpty) return _records.Take(default);

        // that the server still kept them all was seen in the very snapshot they were read in
        (_plan.Next, _plan.Position, _plan.IsChecked) = (_next.ToJson(), _next.Text, !_plan.Everything);
        return null;
    }

    public void Dispose()
    {
        if (!_ended) _command.Cancel();
        _reader.Dispose();
        _command.Dispose();
        _row.Dispose();
        _records.Dispose();
    }

    /// <summary>A record: what happened, then the row as any other reading shows it; of a row that is gone its key.</summary>
    private void Write(RecordBuffer to)
    {
        _row.Begin();
        var operation = _reader.GetString(OperationColumn);
        var version = _reader.GetInt64(VersionColumn);
        JsonText.WriteRaw("{\"_change\":{\"operation\":\""u8, to);
        JsonText.WriteRaw(operation switch { "R" => "read"u8, "I" => "insert"u8, "U" => "update"u8, "D" => "delete"u8, _ => throw new InvalidDataException("Another operation.") }, to);
        JsonText.WriteRaw("\",\"key\":{"u8, to);
        for (var i = 0; i < _keyMembers.Length; i++)
        {
            if (i > 0) JsonText.WriteRaw(","u8, to);
            JsonText.WriteRaw(_keyMembers[i], to);
            _row.WriteValue(FirstKey + i, to);
        }

        WritePosition(version, to);
        if (operation == "D") _row.WriteMembers(_goneMembers, FirstKey + _keyMembers.Length, to);
        else _row.WriteMembers(_members, FirstKey + _keyMembers.Length * 2, to);
        to.EndRecord();
        if (_row.Rejection is { } rejection) _records.RejectLast(rejection);
    }

    /// <summary>A member behind another.</summary>
    private static byte[] Following(byte[] member) => [(byte)',', .. member];

    /// <summary>As wide as any, so that texts are in the order of the changes; the second part keeps those of one transaction apart.</summary>
    private void WritePosition(long version, RecordBuffer to)
    {
        JsonText.WriteRaw("},\"position\":\""u8, to);
        var room = to.GetSpan(32);
        Utf8Formatter.TryFormat(version, room, out _, new StandardFormat('D', 19));
        room[19] = (byte)'-';
        Utf8Formatter.TryFormat(_count++, room[20..], out _, new StandardFormat('D', 10));
        "\"}"u8.CopyTo(room[30..]);
        to.Advance(32);
    }
}
