using System.Buffers;
using System.Globalization;

namespace DataSync.Pipeline.Documents;

/// <summary>Writes <see cref="DocumentChanges"/>, piece by piece in the order of the new document's members.</summary>
/// <param name="output">Takes them; the record is the caller's to end.</param>
internal ref struct ChangesWriter(IBufferWriter<byte> output)
{
    private bool _any, _inObject;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>A stretch of the original: members that stand side by side, each with its name.</summary>
    public void Keep(int start, int length)
    {
        Leave();
        Span<byte> text = stackalloc byte[32];
        text[0] = (byte)(_any ? ',' : '[');
        text[1] = (byte)'[';
        start.TryFormat(text[2..], out var first, default, CultureInfo.InvariantCulture);
        text[2 + first] = (byte)',';
        length.TryFormat(text[(3 + first)..], out var second, default, CultureInfo.InvariantCulture);
        text[3 + first + second] = (byte)']';
        Write(text[..(4 + first + second)]);
        _any = true;
    }

    /// <summary>A member that is new, or has another value or name.</summary>
    /// <param name="name">With its quotes.</param>
    /// <param name="value">JSON.</param>
    public void Put(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Write(_inObject ? ","u8 : _any ? ",{"u8 : "[{"u8);
        (_any, _inObject) = (true, true);
        Write(name);
        Write(":"u8);
        Write(value);
    }

    /// <summary>Nothing comes after it.</summary>
    public void End()
    {
        Leave();
        Write(_any ? "]"u8 : "[]"u8);
    }

    private void Leave()
    {
        if (_inObject) Write("}"u8);
        _inObject = false;
    }

    private void Write(scoped ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        Length += bytes.Length;
    }
}
