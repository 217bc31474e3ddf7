using System.Buffers;

namespace DataSync.Export.Csv;

/// <summary>Tells text that a spreadsheet runs as a formula when it opens a CSV file: what begins with <c>= + - @</c>, also in their wide forms, a tab or the end of a line.</summary>
internal static class FormulaGuard
{
    /// <summary>Written before such text, and makes it text to spreadsheets.</summary>
    public const byte Quote = (byte)'\'';

    private static readonly SearchValues<byte> Beginnings = SearchValues.Create("=+-@\t\r\n"u8);

    public static bool IsFormula(ReadOnlySpan<byte> text) => text.Length > 0 && (Beginnings.Contains(text[0]) || IsWide(text));

    /// <summary>U+FF1D, U+FF0B, U+FF0D and U+FF20, which an input method writes and spreadsheets take for the narrow ones.</summary>
    private static bool IsWide(ReadOnlySpan<byte> text) => text is [0xEF, 0xBC, 0x9D or 0x8B or 0x8D or 0xA0, ..];
}
