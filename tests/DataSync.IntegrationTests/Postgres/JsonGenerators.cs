using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Postgres;

/// <summary>JSON objects as text: what breaks systems, in every combination.</summary>
internal static class JsonGenerators
{
    private static readonly JsonSerializerOptions Escaped = new() { Encoder = JavaScriptEncoder.Default, MaxDepth = 128 };
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 128 };

    public static Gen<string> Text => Gen.OneOf(
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => Mend(s.Get)),
        Gen.Elements("", " ", "\u0000", "a\u0000b", "NULL", "null", "\"", "\\", "\r\n", "\t", "😀", "李小龙", "Ελένη", "مرحبا", "e\u0301", "\uFEFF", "\u2028", "'; DROP TABLE sync_data; --", "\\u0000", "{}", "\\N"),
        Gen.Choose(1000, 20_000).Select(n => new string('x', n)));

    public static Gen<string> Number => Gen.OneOf(
        ArbMap.Default.GeneratorFor<long>().Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.Elements("0", "-0", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "0.10", "1.000000000000000000000000000000000001",
            "123456789012345678901234567890.123456789", "1e400", "-1E-400", "0.30000000000000004", "1e2"));

    /// <summary>A JSON object's text.</summary>
    public static Gen<string> Document => Gen.Choose(0, 4).SelectMany(depth => Object(depth));

    private static Gen<string> Value(int depth) => depth == 0
        ? Gen.OneOf(Text.SelectMany(Quoted), Number, Gen.Elements("null", "true", "false", "[]", "{}"))
        : Gen.Frequency((5, Value(0)), (1, Object(depth - 1)), (1, Value(depth - 1).ListOf(3).Select(l => "[" + string.Join(",", l) + "]")), (1, Gen.Constant(new string('[', 40) + new string(']', 40))));

    private static Gen<string> Object(int depth)
        => from count in Gen.Choose(0, 6)
           from names in Text.SelectMany(Quoted).ListOf(count)
           from values in Value(depth).ListOf(count)
           select "{" + string.Join(",", names.Distinct(StringComparer.Ordinal).Zip(values, (n, v) => n + ":" + v)) + "}";

    private static Gen<string> Quoted(string text) => Gen.Elements(Escaped, Relaxed).Select(o => JsonValue.Create(text)!.ToJsonString(o));

    private static string Mend(string text) => new([.. text.Select(c => char.IsSurrogate(c) ? '\uFFFD' : c)]);
}
