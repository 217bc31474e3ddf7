using System.Buffers;

namespace DataSync.Export.Parquet.Format;

/// <summary>Thrift's compact protocol, as much of it as Parquet's page headers and footer are made of. A struct's fields are written in the order of their ids.</summary>
internal sealed class ThriftWriter
{
    /// <summary>Kinds of a list's elements.</summary>
    public const int Int32Kind = 5, BinaryKind = 8, StructKind = 12;

    private const int Int64Kind = 6, ListKind = 9;
    private const int LongestShortList = 14;
    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private readonly Stack<int> _outer = new();
    private int _last;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>Begins anew, keeping the memory.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _outer.Clear();
        _last = 0;
    }

    public void Int32(int id, int value)
    {
        Head(id, Int32Kind);
        ZigZag(value);
    }

    public void Int64(int id, long value)
    {
        Head(id, Int64Kind);
        ZigZag(value);
    }

    public void Binary(int id, ReadOnlySpan<byte> value)
    {
        Head(id, BinaryKind);
        Element(value);
    }

    /// <summary>Begins a list; its elements follow.</summary>
    public void List(int id, int kind, int count)
    {
        Head(id, ListKind);
        if (count <= LongestShortList)
        {
            Byte((count << 4) | kind);
            return;
        }

        Byte(0xF0 | kind);
        Varint((ulong)count);
    }

    public void Element(int value) => ZigZag(value);

    public void Element(ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>Begins a struct that is a list's element.</summary>
    public void BeginElement()
    {
        _outer.Push(_last);
        _last = 0;
    }

    /// <summary>Begins a struct that is a field.</summary>
    public void Begin(int id)
    {
        Head(id, StructKind);
        BeginElement();
    }

    /// <summary>Ends the struct begun last; the outermost one too.</summary>
    public void End()
    {
        Byte(0);
        _outer.TryPop(out _last);
    }

    /// <summary>Adds elements that were written elsewhere.</summary>
    public void Append(ReadOnlySpan<byte> elements) => _bytes.Write(elements);

    private void Head(int id, int kind)
    {
        Byte(((id - _last) << 4) | kind);
        _last = id;
    }

    private void ZigZag(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Byte((int)(value & 0x7F) | 0x80);
        Byte((int)value);
    }

    private void Byte(int value)
    {
        _bytes.GetSpan(1)[0] = (byte)value;
        _bytes.Advance(1);
    }
}
