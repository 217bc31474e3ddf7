using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;

namespace DataSync.Pipeline.Documents;

/// <summary>Where the pieces of JSON text end. Each method takes the whole text and a position, and throws where the text is no JSON there.</summary>
internal static class JsonScan
{
    /// <summary>The byte at a position; 0, which stands nowhere in JSON, at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte At(ReadOnlySpan<byte> json, int at) => (uint)at < (uint)json.Length ? json[at] : (byte)0;

    public static JsonException Broken() => new("The text is no JSON.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipSpace(ReadOnlySpan<byte> json, int at) => At(json, at) > ' ' ? at : SkipAnySpace(json, at);

    private static int SkipAnySpace(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
        return at;
    }

    /// <summary>The end of a text, a number, true, false or null.</summary>
    public static int Scalar(ReadOnlySpan<byte> json, int at, out bool isEscaped)
    {
        isEscaped = false;
        return At(json, at) switch
        {
            (byte)'"' => Text(json, at, out isEscaped),
            (byte)'t' => Word(json, at, "true"u8),
            (byte)'f' => Word(json, at, "false"u8),
            (byte)'n' => Word(json, at, "null"u8),
            _ => Number(json, at),
        };
    }

    /// <summary>The end of a text, behind its closing quote.</summary>
    public static int Text(ReadOnlySpan<byte> json, int at, out bool isEscaped)
    {
        isEscaped = false;
        for (at = NextSpecial(json, at + 1); ; at = NextSpecial(json, at))
        {
            switch (At(json, at))
            {
                case (byte)'"':
                    return at + 1;
                case (byte)'\\':
                    isEscaped = true;
                    at = Escape(json, at);
                    break;
                default:
                    throw Broken();
            }
        }
    }

    /// <summary>The next quote, backslash or control character, or the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int NextSpecial(ReadOnlySpan<byte> json, int at)
    {
        ref var first = ref MemoryMarshal.GetReference(json);
        for (; at <= json.Length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            var bytes = Vector128.LoadUnsafe(ref first, (nuint)at);
            var special = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\')) | Vector128.LessThan(bytes, Vector128.Create((byte)' '));
            if (special.ExtractMostSignificantBits() is not 0 and var bits) return at + BitOperations.TrailingZeroCount(bits);
        }

        while (at < json.Length && json[at] is not ((byte)'"' or (byte)'\\' or < (byte)' ')) at++;
        return at;
    }

    private static int Escape(ReadOnlySpan<byte> json, int at)
    {
        switch (At(json, at + 1))
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                return at + 2;
            case (byte)'u':
                for (var i = 2; i < 6; i++)
                {
                    if (!char.IsAsciiHexDigit((char)At(json, at + i))) throw Broken();
                }

                return at + 6;
            default:
                throw Broken();
        }
    }

    private static int Word(ReadOnlySpan<byte> json, int at, ReadOnlySpan<byte> word)
        => json[at..].StartsWith(word) ? at + word.Length : throw Broken();

    private static int Number(ReadOnlySpan<byte> json, int at)
    {
        if (At(json, at) == '-') at++;
        at = At(json, at) == '0' ? at + 1 : Digits(json, at);
        if (At(json, at) == '.') at = Digits(json, at + 1);
        if ((At(json, at) | 0x20) != 'e') return at;
        at++;
        return Digits(json, At(json, at) is (byte)'+' or (byte)'-' ? at + 1 : at);
    }

    private static int Digits(ReadOnlySpan<byte> json, int at)
    {
        var first = at;
        while ((uint)(At(json, at) - '0') <= 9) at++;
        return at > first ? at : throw Broken();
    }
}
