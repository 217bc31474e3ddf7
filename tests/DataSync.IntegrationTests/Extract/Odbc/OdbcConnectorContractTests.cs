using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>The contract through psqlodbc: the same tables as the native connector's.</summary>
public class OdbcConnectorContractTests(PostgresContractDatabase database) : ConnectorContract, IClassFixture<PostgresContractDatabase>
{
    private SourceConnection? _connection;

    internal override IConnector Connector { get; } = OdbcSource.Connector();

    internal override SourceConnection Connection => _connection ??= OdbcSource.Of(database.Source);

    protected override string SlowQuery => "SELECT i, pg_sleep(CASE WHEN i = 1 THEN 0 ELSE 60 END)::text FROM generate_series(1, 3) i";

    protected override string HugeQuery => "SELECT i, repeat('x', 100) AS filler FROM generate_series(1, 2000000) i";

    protected override string LargeQuery => "SELECT i, CASE WHEN i = 2 THEN repeat('y', 70000000) ELSE 'small' END AS v, 'end' AS w FROM generate_series(1, 3) i";

    protected override string EscapedQuery => "SELECT i, CASE WHEN i = 2 THEN repeat(chr(1), 20000000) ELSE 'small' END AS v, 'end' AS w FROM generate_series(1, 3) i";

    protected override string WriteStatement => "WITH gone AS (DELETE FROM numbers RETURNING id) SELECT * FROM gone";

    protected override Task EndSessionsAsync() => database.Source.EndSessionsAsync(Ct);

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("(-32768)::smallint", "-32768"), ("2147483647", "2147483647"), ("(-9223372036854775808)::bigint", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"),
        ("0.10::numeric", "0.10"), ("(-0.000001230)::numeric", "-0.000001230"), ("0.000::numeric(10,3)", "0.000"), ("1.00010000::numeric", "1.00010000"), ("1e20::numeric", "100000000000000000000"),
        ("12345678901234567890123456789012345678901234567890.123456789::numeric", "12345678901234567890123456789012345678901234567890.123456789"),
        ("('1' || repeat('0', 2000))::numeric", "1" + new string('0', 2000)), ("'NaN'::numeric", "\"NaN\""), ("'-Infinity'::numeric", "\"-Infinity\""),
        ("0.1::float4", "0.1"), ("0.1::float8 + 0.2::float8", "0.30000000000000004"), ("1e300::float8", "1E+300"), ("'NaN'::float8", "\"NaN\""), ("'Infinity'::float4", "\"Infinity\""), ("'-Infinity'::float8", "\"-Infinity\""),
        ("'-0'::float8", "-0"), ("1e-5::float8", "1E-05"), ("0.0001::float8", "0.0001"), ("123456789012345::float8", "123456789012345"), ("1e15::float8", "1000000000000000"), ("1e20::float4", "1E+20"), ("5e-324::float8", "5E-324"), ("1234.5::money", "1234.50"), ("true", "true"), ("false", "false"), ("NULL::int", "null"), ("NULL::bool", "null"), ("NULL", "null"), ("NULL::bytea", "null"), ("NULL::timestamptz", "null"),
        ("''::text", "\"\""), ("E'a\"b\\\\c\\n\\t\\r\\x01\\x1f é 漢 😀'", "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u001f é 漢 😀\""), ("'x'::varchar(9)", "\"x\""), ("'ab'::char(4)", "\"ab  \""), ("'Ci'::citext", "\"Ci\""),
        ("repeat('é漢😀', 3000)", "\"" + string.Concat(Enumerable.Repeat("é漢😀", 3000)) + "\""), ("repeat('😀', 200)::varchar(200)", "\"" + string.Concat(Enumerable.Repeat("😀", 200)) + "\""),
        ("'\\x00ff10'::bytea", "\"AP8Q\""), ("''::bytea", "\"\""), ("decode(repeat('ff', 300000), 'hex')", "\"" + Convert.ToBase64String(Enumerable.Repeat((byte)255, 300_000).ToArray()) + "\""),
        ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
        ("date '2024-02-29'", "\"2024-02-29\""), ("date 'infinity'", "\"infinity\""), ("date '-infinity'", "\"-infinity\""), ("date '0044-03-15 BC'", "\"-000043-03-15\""), ("date '0001-12-31 BC'", "\"0000-12-31\""), ("date '12345-06-07'", "\"+012345-06-07\""),
        ("time '24:00:00'", "\"24:00:00\""), ("time '23:59:59.999999'", "\"23:59:59.999999\""), ("timestamp '2024-01-01 00:00:00'", "\"2024-01-01T00:00:00\""), ("timestamp '1969-12-31 23:59:59.999999'", "\"1969-12-31T23:59:59.999999\""),
        ("timestamp 'infinity'", "\"infinity\""), ("timestamptz '2024-06-01 12:00:00.120+02'", "\"2024-06-01T10:00:00.12Z\""), ("timestamptz '-infinity'", "\"-infinity\""), ("timestamptz '0001-01-01 00:00:00+00 BC'", "\"0000-01-01T00:00:00Z\""),
        ("timestamp '294276-12-31 23:59:59.999999'", "\"+294276-12-31T23:59:59.999999\""), ("interval '1 year -2 months 3 days -04:05:06.789'", "\"P10M3DT-4H-5M-6.789S\""), ("interval '90 minutes'", "\"PT1H30M\""),
        ("'{\"b\":1.10,\"a\":null}'::jsonb", "\"{\\\"a\\\": null, \\\"b\\\": 1.10}\""), ("ARRAY[1,NULL,3]", "\"{1,NULL,3}\""), ("'sad'::mood", "\"sad\""), ("1.50::positive", "1.50"), ("int4range(1, 10)", "\"[1,10)\""),
        ("inet '10.0.0.1'", "\"10.0.0.1\""), ("B'101'", "\"101\""), ("'<a>x</a>'::xml", "\"<a>x</a>\""), ("$$it's {here}?$$ || 'b;c'", "\"it's {here}?b;c\""),
    ];
}
