using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Properties;

/// <summary>JSON as text, down to its spelling: what breaks exporters, in every combination.</summary>
internal static class ExportGenerators
{
    /// <summary>Pieces of the inside of a JSON string.</summary>
    private static readonly Gen<string> Piece = Gen.Frequency(
        (6, Gen.Elements("a", "b", "A", " ", ",", ";", "'", "=1+1", ".", "é", "李小龙", "😀", "مرحبا", "\uFEFF", "\u2028", "_original", "null", "{}")),
        (5, Gen.Elements("\\\"", "\\\\", "\\/", "\\n", "\\r", "\\t", "\\b", "\\f", "\\r\\n", "\\u0000", "\\u00e9", "\\u0061", "\\u002e", "\\uD83D\\ude00", "\\ud800", "\\udc00x", "\\ud800\\u0041", "\\u005foriginal")));

    /// <summary>The inside of a JSON string.</summary>
    public static readonly Gen<string> Text = Gen.Frequency(
        (40, Gen.Choose(0, 5).SelectMany(n => Piece.ListOf(n)).Select(string.Concat)),
        (1, Gen.Choose(1_000, 30_000).SelectMany(n => Piece.Select(p => string.Concat(Enumerable.Repeat(p, n / p.Length))))));

    private static readonly Gen<string> Name = Gen.Frequency(
        (6, Gen.Elements("a", "b", "c", "id", "a.b", "a\\\\.b", "", "_original", "__original", "_valu\\u0065", "\\u0061", "a\\\\2", "\\\\row", "\\\\value")),
        (1, Gen.Choose(0, 3).SelectMany(n => Piece.ListOf(n)).Select(string.Concat)));

    private static readonly Gen<string> Scalar = Gen.Frequency(
        (3, Text.Select(t => $"\"{t}\"")),
        (2, Gen.Elements("null", "true", "false", "\"\"", "[]", "{}")),
        (2, Gen.Elements("0", "-0", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "0.10", "1e400", "-1E-400", "123456789012345678901234567890.1234567890",
            "1.000000000000000000000000000000000001")),
        (1, ArbMap.Default.GeneratorFor<long>().Select(n => $"{n}")));

    private static readonly Gen<string> Gap = Gen.Frequency((8, Gen.Constant("")), (1, Gen.Elements(" ", "\n", "\r\n", "\t ")));

    /// <summary>The text of a JSON object; names may repeat.</summary>
    public static Gen<string> Document => Gen.Frequency((9, Gen.Choose(0, 3).SelectMany(Object)), (1, Gen.Choose(50, 200).Select(Deep)));

    /// <summary>Any JSON text, objects mostly.</summary>
    public static Gen<string> AnyDocument => Gen.Frequency((9, Document), (1, Scalar));

    /// <summary>Documents of which each member has values of one kind, null or none: what a table's rows are.</summary>
    public static Gen<List<string>> Uniform
        => from kinds in Gen.Choose(1, 5).SelectMany(n => Gen.Elements(Kinds).ListOf(n))
           from rows in Several(kinds.Select(k => Gen.Frequency((6, k), (1, Gen.Constant("null")), (1, Gen.Constant("")))).Aggregate(
               Gen.Constant(new List<string>()), (all, one) => from a in all from o in one select a.Append(o).ToList()), 12)
           select rows.Select(values => $"{{{string.Join(',', values.Select((v, i) => v.Length == 0 ? "" : $"\"m{i}\":{v}").Where(m => m.Length > 0))}}}").ToList();

    /// <summary>Values of one kind.</summary>
    private static Gen<string>[] Kinds =>
    [
        Gen.OneOf(ArbMap.Default.GeneratorFor<long>().Select(n => $"{n}"), Gen.Elements("9223372036854775807", "-9223372036854775808", "0")),
        Gen.Choose(-1_000_000, 1_000_000).Select(n => (n / 100m).ToString("F2", CultureInfo.InvariantCulture)),
        Gen.Elements("79228162514264337593543950.33", "-12345678901234567.89", "0.01", "-0.10", "0.00", "1.00", "922337203685477580.70", "-1.23"),
        ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(d => d.ToString("R", CultureInfo.InvariantCulture)),
        Gen.Elements("true", "false"),
        Text.Select(t => $"\"{t}\""),
        Gen.Elements("18446744073709551615", "-9223372036854775809", "7"),
        Gen.Elements("[]", "[1, null]", "{}", "[{\"a\":\"é\"}]"),
    ];

    /// <summary>Objects that every reader of JSON holds: each name once, whole surrogate pairs, numbers that a double keeps.</summary>
    public static Gen<string> Held
        => from count in Gen.Choose(0, 6)
           from values in Gen.Frequency(
               (4, WholeText.Select(t => $"\"{t}\"")), (1, Gen.Elements("null", "true", "false", "[]", "{}", "0", "9007199254740991", "-9007199254740991", "0.1", "1e-7", "123456.789")),
               (1, WholeText.Select(t => $"[{{\"x\":[\"{t}\", null]}}]"))).ListOf(count)
           from gap in Gap
           select $"{{{gap}{string.Join($",{gap}", values.Select((v, i) => $"\"名 m{i}\":{gap}{v}"))}{gap}}}";

    private static Gen<string> WholeText => Text.Where(t => !t.Contains("\\ud800", StringComparison.Ordinal) && !t.Contains("\\udc00x", StringComparison.Ordinal));

    /// <summary>Members of an object: name and value, as written.</summary>
    public static Gen<(string Name, string Value)> Member(int depth) => from name in Name from value in Value(depth) select (name, value);

    public static Gen<string> Value(int depth) => depth == 0 ? Scalar : Gen.Frequency(
        (6, Scalar), (2, Object(depth - 1)), (1, Gen.Choose(0, 3).SelectMany(n => Value(depth - 1).ListOf(n)).SelectMany(v => Gap.Select(g => $"[{g}{string.Join(",", v)}{g}]"))));

    public static Gen<List<T>> Several<T>(Gen<T> one, int atMost) => Gen.Choose(0, atMost).SelectMany(n => one.ListOf(n)).Select(l => l.ToList());

    private static Gen<string> Object(int depth)
        => from members in Several(Member(depth), 6)
           from gap in Gap
           from other in Gap
           select $"{gap}{{{other}{string.Join($",{gap}", members.Select(m => $"\"{m.Name}\"{other}:{gap}{m.Value}"))}{gap}}}{other}";

    private static string Deep(int depth) => string.Concat(Enumerable.Repeat("{\"a\":[", depth)) + "1" + string.Concat(Enumerable.Repeat("]}", depth));
}
