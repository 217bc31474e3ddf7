using System.Text;
using CsvHelper;

namespace DataSync.Tests.Export.Csv;

/// <summary>CSV read by a standard library, strictly.</summary>
internal static class CsvLibrary
{
    public static List<List<string>> Parse(string csv)
    {
        using var reader = CsvReader.Create(Encoding.UTF8.GetBytes(csv), new CsvReaderOptions { Separator = ',', HasHeader = false, SkipEmptyLines = false, MalformedData = CsvMalformedDataHandling.Throw });
        var rows = new List<List<string>>();
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        return rows;
    }
}
