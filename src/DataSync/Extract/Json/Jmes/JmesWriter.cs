using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Json.Jmes;

/// <summary>Writes values as JSON: what comes from the document by its own bytes.</summary>
/// <param name="to">Where they are written.</param>
/// <param name="most">Bytes of them at most.</param>
/// <param name="holding">Told of each piece's bytes.</param>
internal sealed class JmesWriter(RecordBuffer to, int most, Action<int>? holding = null)
{
    private int _left = most;

    /// <summary>Writes one value; false, with part of it written, where it is larger than it may be.</summary>
    public bool TryWrite(in JmesValue value)
    {
        if (value.IsNull) return TryWrite("null"u8);
        if (!value.IsMade) return TryWrite(JsonMarshal.GetRawUtf8Value(value.Element));
        var isList = value.Kind == JsonValueKind.Array;
        if (!TryWrite(isList ? "["u8 : "{"u8)) return false;
        return (isList ? TryWriteList(value) : TryWriteObject(value)) && TryWrite(isList ? "]"u8 : "}"u8);
    }

    private bool TryWriteList(in JmesValue value)
    {
        var isFirst = true;
        foreach (var element in value.Elements())
        {
            if ((!isFirst && !TryWrite(","u8)) || !TryWrite(element)) return false;
            isFirst = false;
        }

        return true;
    }

    private bool TryWriteObject(in JmesValue value)
    {
        var isFirst = true;
        foreach (var (name, member) in value.Members())
        {
            if ((!isFirst && !TryWrite(","u8)) || !TryWrite(JsonText.Quoted(Encoding.UTF8.GetBytes(name))) || !TryWrite(":"u8) || !TryWrite(member)) return false;
            isFirst = false;
        }

        return true;
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _left) return false;
        _left -= bytes.Length;
        holding?.Invoke(bytes.Length);
        to.Write(bytes);
        return true;
    }
}
