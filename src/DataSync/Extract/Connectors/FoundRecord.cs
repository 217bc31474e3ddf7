using System.Runtime.InteropServices;
using System.Text.Unicode;
using DataSync.Extract.Json.Jmes;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors;

/// <summary>Writes a record that an expression found in a document, or made of it.</summary>
internal static class FoundRecord
{
    /// <summary>Closes one record, refused where it is no text or too large.</summary>
    /// <param name="record">What was found.</param>
    /// <param name="isText">True where the whole document is known to be UTF-8.</param>
    /// <param name="to">Where it is written.</param>
    public static void Write(in JmesValue record, bool isText, BatchBuilder to)
    {
        if (record is { IsMade: false, IsNull: false })
        {
            Write(JsonMarshal.GetRawUtf8Value(record.Element), isText, to);
            return;
        }

        using var made = new RecordBuffer();
        if (new JmesWriter(made, OversizeRecord.LargestBytes).TryWrite(record))
        {
            made.EndRecord();
            Write(made[0], isText, to);
        }
        else
        {
            OversizeRecord.Refuse(to);
        }
    }

    private static void Write(ReadOnlySpan<byte> bytes, bool isText, BatchBuilder to)
    {
        try
        {
            if (isText || Utf8.IsValid(bytes))
            {
                to.Buffer.Add(bytes);
                return;
            }

            InvalidText.Write(bytes, to.Buffer);
            to.Buffer.EndRecord();
            to.RejectLast(InvalidText.Rejection("*"));
        }
        catch (RecordTooLargeException)
        {
            OversizeRecord.Refuse(to);
        }
    }
}
