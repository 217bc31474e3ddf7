using System.Buffers;

namespace DataSync.Export.Csv;

/// <summary>Tells text that a spreadsheet runs as a formula when it opens a CSV file: what begins with <c>= + - @</c>, a tab or a carriage return.</summary>
internal static class FormulaGuard
{
    /// <summary>Written before such text, and makes it text to spreadsheets.</summary>
    public const byte Quote = (byte)'\'';

    private static readonly SearchValues<byte> Beginnings = SearchValues.Create("=+-@\t\r"u8);

    public static bool IsFormula(ReadOnlySpan<byte> text) => text.Length > 0 && Beginnings.Contains(text[0]);
}
