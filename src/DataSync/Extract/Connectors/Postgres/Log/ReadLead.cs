using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>What stands before a row's own members where a table is read for the first time: that it was read, its key, and the place in the log where its changes begin.</summary>
internal sealed class ReadLead
{
    private readonly (int Ordinal, byte[] Member, WireFormat Format)[] _key;
    private readonly ulong _position;

    public ReadLead(IReadOnlyList<RowColumn> columns, IReadOnlyList<string> key, ulong position)
    {
        _position = position;
        _key = [.. key.Select((name, i) =>
        {
            var ordinal = columns.ToList().FindIndex(c => c.Name == name);
            return (ordinal, (byte[])[.. i == 0 ? ""u8 : ","u8, .. JsonText.MemberName(name)], columns[ordinal].Wire.Format);
        })];
    }

    public void Write(RowLayout row, RecordBuffer to)
    {
        ChangeMember.Begin("read"u8, to);
        foreach (var (ordinal, member, format) in _key)
        {
            JsonText.WriteRaw(member, to);
            format.Write(row.Field(ordinal), to);
        }

        ChangeMember.Position(_position, ChangeMember.BeforeAll, to);
        JsonText.WriteRaw("}"u8, to);
    }
}
