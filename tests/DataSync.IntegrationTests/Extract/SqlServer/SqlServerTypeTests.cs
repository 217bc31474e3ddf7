using System.Text;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Every type, in the bytes a server sends it in, read by the real driver.</summary>
public sealed class SqlServerTypeTests
{
    private static readonly byte[] Polish = [0x15, 0x04, 0xD0, 0x00, 0x00]; // Polish_CI_AS, found by its culture
    private static readonly byte[] Utf8 = [0x09, 0x04, 0xD0, 0x04, 0x00]; // Latin1_General_100_CI_AS_SC_UTF8

    private static readonly byte[] Lone = [97, 0, 0x3D, 0xD8];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static IEnumerable<(string What, byte[] TypeInfo, byte[] Value, string Json, int UserType)> Types()
    {
        byte[] money(long value) => [8, .. BitConverter.GetBytes((int)(value >> 32)), .. BitConverter.GetBytes((int)value)];
        byte[] number(UInt128 value, bool positive = true) => [17, positive ? (byte)1 : (byte)0, .. BitConverter.GetBytes((ulong)value), .. BitConverter.GetBytes((ulong)(value >> 64))];
        byte[] date(int days) => [(byte)days, (byte)(days >> 8), (byte)(days >> 16)];
        byte[] time(long ticks) => [.. BitConverter.GetBytes(ticks).Take(5)];
        const int Leap = 738_944; // days from 0001-01-01 to 2024-02-29
        var most = UInt128.Parse("99999999999999999999999999999999999999", System.Globalization.CultureInfo.InvariantCulture);

        yield return ("bit", [0x68, 1], [1, 1], "true", 0);
        yield return ("bit", [0x68, 1], [1, 0], "false", 0);
        yield return ("bit null", [0x68, 1], [0], "null", 0);
        yield return ("tinyint", [0x26, 1], [1, 255], "255", 0);
        yield return ("smallint", [0x26, 2], TdsValue.Short(short.MinValue), "-32768", 0);
        yield return ("int", [0x26, 4], TdsValue.Int(int.MaxValue), "2147483647", 0);
        yield return ("bigint", [0x26, 8], TdsValue.Long(long.MinValue), "-9223372036854775808", 0);
        yield return ("decimal(38,0)", [0x6A, 17, 38, 0], number(most), "99999999999999999999999999999999999999", 0);
        yield return ("decimal(38,38)", [0x6A, 17, 38, 38], number(most, positive: false), "-0.99999999999999999999999999999999999999", 0);
        yield return ("decimal(38,10)", [0x6C, 17, 38, 10], number(most), "9999999999999999999999999999.9999999999", 0);
        yield return ("decimal(5,2) 0.10", [0x6A, 17, 5, 2], number(10), "0.10", 0);
        yield return ("decimal(5,2) 0", [0x6A, 17, 5, 2], number(0), "0.00", 0);
        yield return ("decimal(5,0)", [0x6A, 17, 5, 0], number(0), "0", 0);
        yield return ("money", [0x6E, 8], money(long.MaxValue), "922337203685477.5807", 0);
        yield return ("money", [0x6E, 8], money(long.MinValue), "-922337203685477.5808", 0);
        yield return ("money", [0x6E, 8], money(-12300), "-1.2300", 0);
        yield return ("smallmoney", [0x6E, 4], TdsValue.Int(-2147483648), "-214748.3648", 0);
        yield return ("real", [0x6D, 4], [4, .. BitConverter.GetBytes(0.1f)], "0.1", 0);
        yield return ("real", [0x6D, 4], [4, .. BitConverter.GetBytes(16777216f)], "16777216", 0);
        yield return ("float", [0x6D, 8], [8, .. BitConverter.GetBytes(0.1 + 0.2)], "0.30000000000000004", 0);
        yield return ("float", [0x6D, 8], [8, .. BitConverter.GetBytes(1e300)], "1E+300", 0);
        yield return ("date", [0x28], [3, .. date(Leap)], "\"2024-02-29\"", 0);
        yield return ("date", [0x28], [3, 0, 0, 0], "\"0001-01-01\"", 0);
        yield return ("date", [0x28], [3, .. date(3652058)], "\"9999-12-31\"", 0);
        yield return ("time(7)", [0x29, 7], [5, .. time(863_999_999_999)], "\"23:59:59.9999999\"", 0);
        yield return ("time(0)", [0x29, 0], [3, 0, 0, 0], "\"00:00:00\"", 0);
        yield return ("datetime2(7)", [0x2A, 7], [8, .. time(1), .. date(Leap)], "\"2024-02-29T00:00:00.0000001\"", 0);
        yield return ("datetime2(3)", [0x2A, 3], [7, .. BitConverter.GetBytes(120).Take(4), .. date(Leap)], "\"2024-02-29T00:00:00.12\"", 0);
        yield return ("datetimeoffset(7)", [0x2B, 7], [10, .. time(36_000_000_001), .. date(Leap), 0x4A, 0x01], "\"2024-02-29T06:30:00.0000001+05:30\"", 0);
        yield return ("datetimeoffset(7)", [0x2B, 7], [10, .. time(0), .. date(Leap), 0x88, 0xFF], "\"2024-02-28T22:00:00-02:00\"", 0);
        yield return ("datetime", [0x6F, 8], [8, .. BitConverter.GetBytes(45350), .. BitConverter.GetBytes(1)], "\"2024-03-01T00:00:00.003\"", 0);
        yield return ("datetime", [0x6F, 8], [8, .. BitConverter.GetBytes(-53690), .. BitConverter.GetBytes(0)], "\"1753-01-01T00:00:00\"", 0);
        yield return ("smalldatetime", [0x6F, 4], [4, .. BitConverter.GetBytes((ushort)45350), .. BitConverter.GetBytes((ushort)61)], "\"2024-03-01T01:01:00\"", 0);
        yield return ("uniqueidentifier", [0x24, 16], [16, .. Guid.Parse("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11").ToByteArray()], "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", 0);
        yield return ("char(4)", TdsColumn.TextInfo(0xAF, 4), TdsValue.Bytes("ab  "u8.ToArray()), "\"ab  \"", 0);
        yield return ("varchar cp1252", TdsColumn.TextInfo(0xA7, 8000), TdsValue.Bytes(0xE9, 0x80), "\"é€\"", 0);
        yield return ("varchar cp1250", TdsColumn.TextInfo(0xA7, 8000, Polish), TdsValue.Bytes(0xB3, 0xF3), "\"łó\"", 0);
        yield return ("varchar utf-8", TdsColumn.TextInfo(0xA7, 8000, Utf8), TdsValue.Bytes(Encoding.UTF8.GetBytes("漢😀")), "\"漢😀\"", 0);
        yield return ("varchar(max)", TdsColumn.TextInfo(0xA7, 0xFFFF), TdsValue.Plp("long"u8.ToArray(), 3), "\"long\"", 0);
        yield return ("varchar(max) utf-8", TdsColumn.TextInfo(0xA7, 0xFFFF, Utf8), TdsValue.Plp(Encoding.UTF8.GetBytes("漢😀"), 2), "\"漢😀\"", 0);
        yield return ("nchar", TdsColumn.TextInfo(0xEF, 8), TdsValue.Text("é漢  "), "\"é漢  \"", 0);
        yield return ("nvarchar", TdsColumn.TextInfo(0xE7, 8000), TdsValue.Text("a\"b\\c\n\t\r\u0001 é 漢 😀"), "\"a\\\"b\\\\c\\n\\t\\r\\u0001 é 漢 😀\"", 0);
        yield return ("nvarchar empty", TdsColumn.TextInfo(0xE7, 8000), TdsValue.Text(""), "\"\"", 0);
        yield return ("nvarchar null", TdsColumn.TextInfo(0xE7, 8000), [0xFF, 0xFF], "null", 0);
        yield return ("nvarchar(max)", TdsColumn.TextInfo(0xE7, 0xFFFF), TdsValue.Plp(Encoding.Unicode.GetBytes("😀漢"), 3), "\"😀漢\"", 0);
        yield return ("nvarchar(max) empty", TdsColumn.TextInfo(0xE7, 0xFFFF), TdsValue.Plp([]), "\"\"", 0);
        yield return ("nvarchar(max) null", TdsColumn.TextInfo(0xE7, 0xFFFF), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "null", 0);
        yield return ("text", [0x23, .. BitConverter.GetBytes(int.MaxValue), 0x09, 0x04, 0xD0, 0, 0x34, 1, 1, 0, (byte)'t', 0], Old("old"u8.ToArray()), "\"old\"", 0);
        yield return ("ntext", [0x63, .. BitConverter.GetBytes(int.MaxValue), 0x09, 0x04, 0xD0, 0, 0x34, 1, 1, 0, (byte)'t', 0], Old(Encoding.Unicode.GetBytes("ó漢")), "\"ó漢\"", 0);
        yield return ("image", [0x22, .. BitConverter.GetBytes(int.MaxValue), 1, 1, 0, (byte)'t', 0], Old([0, 255, 16]), "\"AP8Q\"", 0);
        yield return ("xml", [0xF1, 0], TdsValue.Plp([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("<a b=\"1\">é</a>")]), "\"<a b=\\\"1\\\">é</a>\"", 0);
        yield return ("binary(3)", [0xAD, 3, 0], TdsValue.Bytes(0, 255, 16), "\"AP8Q\"", 0);
        yield return ("varbinary", [0xA5, 0x40, 0x1F], TdsValue.Bytes(), "\"\"", 0);
        yield return ("varbinary(max)", [0xA5, 0xFF, 0xFF], TdsValue.Plp([0, 255, 16], 2), "\"AP8Q\"", 0);
        yield return ("rowversion", [0xAD, 8, 0], TdsValue.Bytes(0, 0, 0, 0, 0, 0, 7, 0xD1), "\"AAAAAAAAB9E=\"", 80);
        yield return ("hierarchyid", Udt("hierarchyid"), TdsValue.Plp([0x5A, 0xC0]), "\"WsA=\"", 0);
        yield return ("geography", Udt("geography"), TdsValue.Plp([1, 2, 3]), "\"AQID\"", 0);
        yield return ("json", [0xF4], TdsValue.Plp("{\"a\": 1.10, \"ł\": [null]}"u8.ToArray(), 7), "{\"a\": 1.10, \"ł\": [null]}", 0);
        yield return ("variant int", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x38, [], BitConverter.GetBytes(-7)), "-7", 0);
        yield return ("variant bigint", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x7F, [], BitConverter.GetBytes(long.MaxValue)), "9223372036854775807", 0);
        yield return ("variant decimal", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x6C, [38, 2], number(most)[1..]), "999999999999999999999999999999999999.99", 0);
        yield return ("variant nvarchar", [0x62, .. BitConverter.GetBytes(8009)], Variant(0xE7, [0x09, 0x04, 0xD0, 0, 0x34, 0x40, 0x1F], Encoding.Unicode.GetBytes("漢")), "\"漢\"", 0);
        yield return ("variant varbinary", [0x62, .. BitConverter.GetBytes(8009)], Variant(0xA5, [0x40, 0x1F], [0, 255, 16]), "\"AP8Q\"", 0);
        yield return ("variant datetime2", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x2A, [7], [.. time(1), .. date(Leap)]), "\"2024-02-29T00:00:00.0000001\"", 0);
        yield return ("variant bit", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x32, [], [1]), "true", 0);
        yield return ("variant guid", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x24, [], Guid.Parse("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11").ToByteArray()), "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", 0);
        yield return ("variant money", [0x62, .. BitConverter.GetBytes(8009)], Variant(0x3C, [], money(12300)[1..]), "1.2300", 0);
        yield return ("variant null", [0x62, .. BitConverter.GetBytes(8009)], [0, 0, 0, 0], "null", 0);

        static byte[] Old(byte[] value) => [16, .. new byte[16], .. new byte[8], .. BitConverter.GetBytes(value.Length), .. value];
        static byte[] Udt(string name) => [0xF0, 0xFF, 0xFF, 1, (byte)'d', 0, 3, .. Encoding.Unicode.GetBytes("sys"), (byte)name.Length, .. Encoding.Unicode.GetBytes(name), 1, 0, (byte)'x', 0];
        static byte[] Variant(byte type, byte[] properties, byte[] value) => [.. BitConverter.GetBytes(2 + properties.Length + value.Length), type, (byte)properties.Length, .. properties, .. value];
    }

    [Fact]
    public async Task Read_every_type_comes_out_as_exact_json()
    {
        var wrong = new List<string>();
        (string What, byte[] TypeInfo, byte[] Value, string Json, int UserType) type = ("", [], [], "", 0);
        await using var server = new TdsServer { OnStatement = _ => new TdsAnswer().Columns(new TdsColumn("v", type.TypeInfo, type.UserType), TdsColumn.Int("n")).Row(type.Value, TdsValue.Int(7)).Done(1) };
        foreach (var one in Types())
        {
            type = one;
            try
            {
                var document = (await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT v, n FROM t" }, Ct)).Documents.Single();
                if (document != $"{{\"v\":{one.Json},\"n\":7}}") wrong.Add($"{one.What}: {document}, not {one.Json}");
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                wrong.Add($"{one.What}: {e.Message} {e.InnerException}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Read_half_of_a_surrogate_pair_sends_the_record_to_quarantine()
    {
        await using var server = new TdsServer { OnStatement = static _ => new TdsAnswer().Columns(TdsColumn.NVarCharMax("v")).Row(TdsValue.Plp(Lone)).Row(TdsValue.Plp([98, 0])).Done(2) };
        var outcome = await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT v FROM t" }, Ct);
        Assert.Equal(["{\"v\":{\"base64\":\"YQA92A==\"}}", "{\"v\":\"b\"}"], outcome.Documents);
        Assert.Equal((0, "invalid_text", "v"), Assert.Single(outcome.Rejections) is var (seq, rejection) ? (seq, rejection.Code, rejection.Field) : default);
    }

    [Fact]
    public async Task Read_long_text_comes_whole_and_what_is_too_large_is_quarantined_alone()
    {
        var text = string.Concat(Enumerable.Range(0, 300_000).Select(i => (char)('a' + i % 26)));
        await using var server = new TdsServer
        {
            OnStatement = _ => new TdsAnswer().Columns(TdsColumn.Int("i"), TdsColumn.NVarCharMax("v"), new TdsColumn("w", [0xA5, 0xFF, 0xFF]))
                .Row(TdsValue.Int(1), TdsValue.Plp(Encoding.Unicode.GetBytes(text), 8190), TdsValue.Plp(new byte[200_000]))
                .Row(TdsValue.Int(2), TdsValue.Plp(new byte[70_000_000], 1 << 20), TdsValue.Plp([1]))
                .Row(TdsValue.Int(3), TdsValue.Plp([]), TdsValue.Plp(new byte[70_000_000], 1 << 20)).Row(TdsValue.Int(4), TdsValue.Plp([]), TdsValue.Plp([])).Done(4),
        };
        var outcome = await ReadOutcome.OfAsync(TdsServer.Connector(), server.Connection(), new ReadRequest { Query = "SELECT i, v, w FROM t" }, Ct);
        Assert.Equal($"{{\"i\":1,\"v\":\"{text}\",\"w\":\"{Convert.ToBase64String(new byte[200_000])}\"}}", outcome.Documents[0]);
        Assert.Equal(["{\"i\":2,\"v\":null,\"w\":\"AQ==\"}", "{\"i\":3,\"v\":\"\",\"w\":null}", "{\"i\":4,\"v\":\"\",\"w\":\"\"}"], outcome.Documents.Skip(1));
        Assert.Equal([(1L, "too_large", "v"), (2L, "too_large", "w")], outcome.Rejections.Select(r => ((long)r.Seq, r.Rejection.Code, r.Rejection.Field!)));
    }
}
