using System.Buffers;
using System.Buffers.Text;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>Writes the member <c>_change</c>, with which each record of followed changes begins.</summary>
internal static class ChangeMember
{
    /// <summary>Its name.</summary>
    public const string Name = "_change";

    /// <summary>Where the first reading's rows stand: before every change of the log that begins there.</summary>
    public const uint BeforeAll = 0;

    /// <summary>Begins it, up to the key's members.</summary>
    public static void Begin(ReadOnlySpan<byte> operation, RecordBuffer to)
    {
        JsonText.WriteRaw("{\"_change\":{\"operation\":\""u8, to);
        JsonText.WriteRaw(operation, to);
        JsonText.WriteRaw("\",\"key\":{"u8, to);
    }

    /// <summary>Closes the key and writes the position: a transaction's place in the log, and the record's in the transaction. Texts of one width sort as the changes did.</summary>
    public static void Position(ulong transaction, uint index, RecordBuffer to)
    {
        JsonText.WriteRaw("},\"position\":\""u8, to);
        var room = to.GetSpan(25);
        Utf8Formatter.TryFormat(transaction, room, out _, new StandardFormat('X', 16));
        room[16] = (byte)'-';
        Utf8Formatter.TryFormat(index, room[17..], out _, new StandardFormat('X', 8));
        to.Advance(25);
        JsonText.WriteRaw("\""u8, to);
    }
}
