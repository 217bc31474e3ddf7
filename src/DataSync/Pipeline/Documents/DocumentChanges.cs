using System.Buffers;
using System.Text;
using System.Text.Json;

namespace DataSync.Pipeline.Documents;

/// <summary>
/// What a document was made of another by: a JSON array of pieces in the order of the new document's members. <c>[start,length]</c> is a stretch of the
/// original's bytes, an object holds members that are new. <c>[[1,140],{"total":129.00},[158,300]]</c> is the original with another total.
/// A new value stands whole in it, whoever looks for a text finds it. Written by <see cref="ChangesWriter"/>.
/// </summary>
internal static class DocumentChanges
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    /// <summary>Writes the new document, without ending the record.</summary>
    /// <param name="original">The bytes that the changes were written about.</param>
    /// <param name="changes">The pieces.</param>
    /// <param name="output">Takes the document.</param>
    /// <exception cref="InvalidDataException">They are not about this document.</exception>
    public static void Apply(ReadOnlySpan<byte> original, ReadOnlySpan<byte> changes, IBufferWriter<byte> output)
    {
        var pieces = new Utf8JsonReader(changes, AnyDepth);
        if (!pieces.Read() || pieces.TokenType != JsonTokenType.StartArray) throw Broken();
        var next = (byte)'{';
        while (pieces.Read() && pieces.TokenType != JsonTokenType.EndArray)
        {
            output.Write([next]);
            output.Write(Piece(original, changes, ref pieces));
            next = (byte)',';
        }

        output.Write(next == '{' ? "{}"u8 : "}"u8);
    }

    /// <summary>The same over texts.</summary>
    /// <exception cref="InvalidDataException">They are not about this document.</exception>
    public static string Apply(string original, string changes)
    {
        var document = new ArrayBufferWriter<byte>();
        Apply(Encoding.UTF8.GetBytes(original), Encoding.UTF8.GetBytes(changes), document);
        return Encoding.UTF8.GetString(document.WrittenSpan);
    }

    private static ReadOnlySpan<byte> Piece(ReadOnlySpan<byte> original, ReadOnlySpan<byte> changes, ref Utf8JsonReader pieces)
    {
        if (pieces.TokenType == JsonTokenType.StartObject)
        {
            var from = (int)pieces.BytesConsumed;
            pieces.Skip();
            return changes[from..(int)pieces.TokenStartIndex];
        }

        if (pieces.TokenType != JsonTokenType.StartArray) throw Broken();
        var (start, length) = (Number(ref pieces), Number(ref pieces));
        if (!pieces.Read() || pieces.TokenType != JsonTokenType.EndArray || start > original.Length || length > original.Length - start) throw Broken();
        return original.Slice(start, length);
    }

    private static int Number(ref Utf8JsonReader pieces)
        => pieces.Read() && pieces.TokenType == JsonTokenType.Number && pieces.TryGetInt32(out var number) && number >= 0 ? number : throw Broken();

    private static InvalidDataException Broken() => new("The changes of a record do not fit its original.");
}
