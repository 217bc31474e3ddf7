using System.Text.Json;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>What a column of each type comes out as through MariaDB's driver: as from the native connector, byte for byte.</summary>
public sealed class OdbcMariaDbTypesTests(OdbcMariaDbDatabase database) : IClassFixture<OdbcMariaDbDatabase>
{
    private static readonly (string Type, string Value, string Json)[] Values =
    [
        ("time", "'-838:59:59'", "\"-838:59:59\""), ("time", "'838:59:59'", "\"838:59:59\""), ("time", "'00:00:00'", "\"00:00:00\""), ("time(1)", "'25:00:00.5'", "\"25:00:00.5\""), ("time(3)", "'12:34:56.780'", "\"12:34:56.78\""),
        ("time(6)", "'25:00:00.000010'", "\"25:00:00.00001\""), ("time(6)", "'-00:00:00.000001'", "\"-00:00:00.000001\""), ("time(6)", "'-100:00:00'", "\"-100:00:00\""),
        ("bit(1)", "b'0'", "0"), ("bit(1)", "b'1'", "1"), ("bit(8)", "b'10101'", "21"), ("bit(8)", "b'11111111'", "255"), ("bit(12)", "b'100000000000'", "2048"), ("bit(64)", "18446744073709551615", "18446744073709551615"),
        ("year", "1901", "1901"), ("year", "2155", "2155"), ("year", "0", "0"), ("tinyint", "-128", "-128"), ("tinyint", "127", "127"), ("tinyint(1)", "2", "2"), ("boolean", "true", "1"), ("tinyint unsigned", "255", "255"),
        ("smallint unsigned", "65535", "65535"), ("mediumint unsigned", "16777215", "16777215"), ("int unsigned", "4294967295", "4294967295"), ("int(8) unsigned zerofill", "42", "42"),
        ("bigint", "-9223372036854775808", "-9223372036854775808"), ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
        ("decimal(65,30)", "99999999999999999999999999999999999.999999999999999999999999999999", "99999999999999999999999999999999999.999999999999999999999999999999"),
        ("decimal(65,30)", "-0.000000000000000000000000000001", "-0.000000000000000000000000000001"), ("decimal(65,0)", "-99999999999999999999999999999999999999999999999999999999999999999", "-99999999999999999999999999999999999999999999999999999999999999999"),
        ("decimal(10,2)", "0.1", "0.10"), ("decimal(6,2) unsigned zerofill", "1.5", "1.50"),
        ("double", "1.7976931348623157e308", "1.7976931348623157E+308"), ("double", "2.2250738585072014e-308", "2.2250738585072014E-308"), ("double", "-0.1", "-0.1"), ("double", "0.1e0 + 0.2e0", "0.30000000000000004"), ("double", "9007199254740993", "9007199254740992"),
        ("float", "0.1", "0.1"), ("float", "3.4028234e38", "3.4028235E+38"), ("float", "16777216", "16777216"),
        ("date", "'1000-01-01'", "\"1000-01-01\""), ("date", "'0000-00-00'", "\"0000-00-00\""), ("date", "'2024-00-00'", "\"2024-00-00\""), ("datetime", "'9999-12-31 23:59:59'", "\"9999-12-31T23:59:59\""), ("datetime", "'0000-00-00'", "\"0000-00-00T00:00:00\""),
        ("datetime(6)", "'2024-01-02 03:04:05.000001'", "\"2024-01-02T03:04:05.000001\""), ("datetime(3)", "'2024-01-02 03:04:05.120'", "\"2024-01-02T03:04:05.12\""), ("timestamp(3) NULL", "'2024-01-02 03:04:05.5'", "\"2024-01-02T03:04:05.5Z\""),
        ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""), ("inet6", "'2001:db8::1'", "\"2001:db8::1\""), ("inet6", "'::ffff:10.0.0.1'", "\"::ffff:10.0.0.1\""), ("inet4", "'10.0.0.1'", "\"10.0.0.1\""),
        ("enum('b', 'a')", "'a'", "\"a\""), ("enum('', 'é')", "'é'", "\"é\""), ("set('a', 'b', 'c')", "'c,a'", "\"a,c\""), ("set('a', 'b')", "''", "\"\""),
        ("char(5)", "'ab'", "\"ab\""), ("varchar(9) CHARACTER SET latin1", "'é'", "\"é\""), ("tinytext", "'漢😀'", "\"漢😀\""), ("longtext", "''", "\"\""), ("binary(4)", "X'00FF'", "\"AP8AAA==\""), ("varbinary(9)", "X'00FF10'", "\"AP8Q\""), ("blob", "''", "\"\""),
        ("geometry", "POINT(1, 2)", "\"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==\""), ("point", "POINT(1, 2)", "\"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==\""), ("json", "NULL", "null"), ("bit(8)", "NULL", "null"), ("time(6)", "NULL", "null"), ("uuid", "NULL", "null"),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_a_column_of_any_type_comes_out_as_from_the_native_connector()
    {
        var columns = string.Join(", ", Values.Select((v, i) => $"c{i} {v.Type}"));
        await database.Server.ExecuteAsync($"SET sql_mode = 'STRICT_TRANS_TABLES', time_zone = '+00:00'; CREATE TABLE every_type (id int PRIMARY KEY, {columns}) DEFAULT CHARACTER SET utf8mb4; INSERT INTO every_type VALUES (1, {string.Join(", ", Values.Select(v => v.Value))})", Ct, database.Database);
        string[] expected = [.. Values.Select(v => $"{v.Type} {v.Value}: {v.Json}")];
        Assert.Equal(expected, Shown(await ReadOutcome.OfAsync(MySqlSource.Connector(), Native, new ReadRequest { Table = "every_type" }, Ct)));
        Assert.Equal(expected, Shown(await ReadOutcome.OfAsync(OdbcSource.Connector(), database.Connection, new ReadRequest { Table = "every_type" }, Ct)));
        Assert.Equal(expected, Shown(await ReadOutcome.OfAsync(OdbcSource.Connector(), database.Connection, new ReadRequest { Query = "SELECT * FROM every_type ORDER BY id" }, Ct)));
    }

    /// <summary>MariaDB keeps JSON as text and calls it text in an answer: that a column holds nothing else, the native connector reads from the catalog, of a table.</summary>
    [Fact]
    public async Task Read_json_is_text_as_from_a_query_of_the_native_connector()
    {
        await database.Server.ExecuteAsync("CREATE TABLE as_json (id int PRIMARY KEY, j json); INSERT INTO as_json VALUES (1, '{\"a\": [1.10, null]}')", Ct, database.Database);
        const string AsText = "{\"id\":1,\"j\":\"{\\\"a\\\": [1.10, null]}\"}";
        foreach (var request in new[] { new ReadRequest { Table = "as_json" }, new ReadRequest { Query = "SELECT * FROM as_json" } })
            Assert.Equal(AsText, Assert.Single((await ReadOutcome.OfAsync(OdbcSource.Connector(), database.Connection, request, Ct)).Documents));
        Assert.Equal(AsText, Assert.Single((await ReadOutcome.OfAsync(MySqlSource.Connector(), Native, new ReadRequest { Query = "SELECT * FROM as_json" }, Ct)).Documents));
        Assert.Equal("{\"id\":1,\"j\":{\"a\": [1.10, null]}}", Assert.Single((await ReadOutcome.OfAsync(MySqlSource.Connector(), Native, new ReadRequest { Table = "as_json" }, Ct)).Documents));
    }

    private SourceConnection Native => new(
        "mysql", JsonSerializer.SerializeToElement(new { driver = "mysql", host = MariaDbServer.Host, port = database.Server.Port, database = database.Database, username = database.Login, password = "p;w=x%41", tls = "disable" }));

    private static string[] Shown(ReadOutcome outcome)
    {
        using var row = JsonDocument.Parse(Assert.Single(outcome.Documents));
        return [.. Values.Select((v, i) => $"{v.Type} {v.Value}: {row.RootElement.GetProperty($"c{i}").GetRawText()}")];
    }
}
