using System.Globalization;
using DataSync.IntegrationTests.Postgres;
using DataSync.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Tables with columns of several types whose names and values break exporters.</summary>
internal static class SourceDataGenerators
{
    private static readonly Gen<string> Name = Gen.Elements("a", "A", "a.b", "a\\.b", "q\"uote", "it's", "名 前", "n😀", "_original", "__original", "=1+1", ",", ";", "{", "\\value", "new\nline", "e\u0301", "x" + new string('y', 62));

    private static readonly Gen<(string Type, Gen<string> Values)> Type = Gen.Elements<(string, Gen<string>)>(
        ("json", ExportGenerators.AnyDocument),
        ("json", ExportGenerators.Document),
        ("text", JsonGenerators.Text.Select(t => t.Replace("\0", "\u2400", StringComparison.Ordinal))),
        ("text", Gen.Elements("", "null", "NULL", "a,b", "a\r\nb", "\"", "\"\"", "\r", "\n", " a ", "=cmd()", "\uFEFF", "\\N", "'", "\t")),
        ("bigint", Gen.OneOf(ArbMap.Default.GeneratorFor<long>(), Gen.Elements(long.MinValue, long.MaxValue, 9007199254740993)).Select(n => n.ToString(CultureInfo.InvariantCulture))),
        ("numeric", Gen.Elements("0", "0.10", "1.000000000000000000000000000000000001", "-123456789012345678901234567890.1234567890", "1" + new string('0', 400))),
        ("boolean", Gen.Elements("true", "false")));

    private static readonly Gen<string?> Missing = Gen.Constant<string?>(null);

    /// <summary>A table of up to five columns and <paramref name="atMost"/> rows; values may be NULL.</summary>
    public static Gen<SourceData> Table(int atMost)
        => from rows in Gen.Choose(0, atMost)
           from count in Gen.Choose(0, 5)
           from names in Name.ListOf(count)
           from columns in Columns([.. names.Distinct(StringComparer.Ordinal)], rows)
           select new SourceData(rows, columns);

    private static Gen<IReadOnlyList<SourceDataColumn>> Columns(string[] names, int rows)
        => names.Aggregate(Gen.Constant<IReadOnlyList<SourceDataColumn>>([]), (before, name) =>
            from columns in before
            from type in Type
            from values in Gen.Frequency((6, type.Values.Select(v => (string?)v)), (1, Missing)).ListOf(rows)
            select (IReadOnlyList<SourceDataColumn>)[.. columns, new SourceDataColumn(name, type.Type, [.. values])]);
}
