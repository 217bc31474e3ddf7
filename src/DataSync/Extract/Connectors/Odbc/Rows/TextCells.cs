using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>Text, fetched as UTF-16: what a driver gives as <c>char</c> depends on the process's locale, this does not.</summary>
internal sealed class TextCell : CellFormat
{
    private const int OnStack = 1024;

    public override short CType => SqlType.CWChar;

    public override string JsonType => "string";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to) => WriteText(value, to);

    public override string? Key(ReadOnlySpan<byte> value) => new(MemoryMarshal.Cast<byte, char>(value));

    /// <summary>Writes UTF-16 as a JSON string. Half of a pair stands for no character: such text is kept as its bytes, and false is returned.</summary>
    public static bool WriteText(ReadOnlySpan<byte> utf16, RecordBuffer to)
    {
        var text = MemoryMarshal.Cast<byte, char>(utf16);
        byte[]? rented = null;
        var room = text.Length * 3 <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(text.Length * 3);
        try
        {
            if (Utf8.FromUtf16(text, room, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
            {
                InvalidText.Write(utf16, to);
                return false;
            }

            JsonText.WriteString(room[..written], to);
            return true;
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

/// <summary>Text known to be ASCII: intervals, times, and what a driver writes of a type without a buffer of its own.</summary>
internal sealed class AsciiCell(bool lower = false) : CellFormat
{
    public override short CType => SqlType.CChar;

    public override string JsonType => "string";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        if (!lower || !Ascii.IsValid(value)) return WriteText(value, to);
        Span<byte> small = stackalloc byte[Math.Min(value.Length, 64)];
        Ascii.ToLower(value[..small.Length], small, out _);
        JsonText.WriteString(small, to);
        return true;
    }

    /// <summary>Writes what should be ASCII as a JSON string, whatever it holds. What is none is kept as its bytes, and false is returned.</summary>
    public static bool WriteText(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        if (!Ascii.IsValid(value))
        {
            InvalidText.Write(value, to);
            return false;
        }

        JsonText.WriteString(value, to);
        return true;
    }

    public override string? Key(ReadOnlySpan<byte> value) => Ascii.IsValid(value) ? Encoding.ASCII.GetString(value) : null;
}

/// <summary>Bytes, as base64.</summary>
internal sealed class BinaryCell : CellFormat
{
    public override short CType => SqlType.CBinary;

    public override bool HasKey => false;

    public override string JsonType => "string";

    public override bool Write(ReadOnlySpan<byte> value, RecordBuffer to)
    {
        JsonText.WriteBase64(value, to);
        return true;
    }
}
