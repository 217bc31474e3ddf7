using System.Globalization;
using System.Numerics;
using DataSync.Tests.Export.Parquet;

namespace DataSync.Tests.Properties;

/// <summary>What a Parquet export should hold: the columns of the CSV model, and in each a value that is the record's, read as the column's type has it.</summary>
internal static class ParquetModel
{
    /// <summary>Compares a file with what it was made of.</summary>
    /// <param name="documents">All documents of the export: they decide about columns.</param>
    /// <param name="isInFile">Of each, by its place, whether it is in this file.</param>
    /// <param name="table">The file.</param>
    public static void Check(IEnumerable<string> documents, Func<int, bool> isInFile, ParquetTable table)
    {
        var (header, all) = CsvModel.JsonTable(documents);
        var rows = all.Where((_, i) => isInFile(i)).ToList();
        if (header.Count == 0) header = ["\\value"];
        Assert.Equal(header.Select(name => name.Length == 0 ? "\\empty" : name), table.Columns.Select(c => c.Name));
        Assert.Equal(rows.Count, table.Rows.Count);
        for (var column = 0; column < table.Columns.Count; column++)
        {
            var (name, type) = table.Columns[column];
            for (var row = 0; row < rows.Count; row++)
                CheckValue(column < rows[row].Count ? rows[row][column] : null, table.Rows[row][column], table.Json.Contains(name, StringComparer.Ordinal) ? "JSON" : type);
        }
    }

    private static void CheckValue(string? expected, string? found, string type)
    {
        if (expected is null) Assert.Null(found);
        else if (type == "VARCHAR") Assert.Equal(CsvModel.Unescape(expected[1..^1]), found);
        else if (type == "DOUBLE") Assert.Equal(Exact(expected), Exact(found!));
        else Assert.Equal(expected, found);
    }

    /// <summary>A number as its sign, its digits without zeros around them, and a power of ten.</summary>
    private static (bool Negative, BigInteger Digits, int Exponent) Exact(string number)
    {
        var parts = number.TrimStart('-').ToUpperInvariant().Split('E');
        var mantissa = parts[0].Split('.');
        var digits = BigInteger.Parse(string.Concat(mantissa), CultureInfo.InvariantCulture);
        var exponent = (parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0) - (mantissa.Length > 1 ? mantissa[1].Length : 0);
        for (; !digits.IsZero && digits % 10 == 0; digits /= 10) exponent++;
        return (number[0] == '-', digits, digits.IsZero ? 0 : exponent);
    }
}
