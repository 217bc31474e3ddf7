using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract;

/// <summary>The contract's tables, made once: nothing the contract does changes them.</summary>
public sealed class PostgresContractDatabase : IAsyncLifetime
{
    internal PostgresSource Source { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Source = await PostgresSource.CreateAsync(CancellationToken.None);
        await Source.ExecuteAsync(
            $"""
            CREATE TABLE numbers (id bigint PRIMARY KEY, name text NOT NULL);
            INSERT INTO numbers SELECT i, 'name ' || i FROM generate_series({ConnectorContract.ContractRows}, 1, -1) i;
            CREATE TABLE keyless AS SELECT * FROM numbers;
            CREATE TABLE pairs (b text, a varchar(20), PRIMARY KEY (a, b));
            INSERT INTO pairs SELECT 'b''"\' || i, 'ä' || i % 7 FROM generate_series(1, {ConnectorContract.ContractRows}) i;
            CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;
            CREATE TYPE mood AS ENUM ('sad', 'so "so"');
            CREATE DOMAIN positive AS numeric CHECK (VALUE > 0);
            CREATE TYPE point3 AS (x int, "the y" numeric, z mood);
            CREATE TYPE holder AS (name text, points point3[], amount positive, raw json);
            CREATE TYPE odd AS (a int, b tsvector);
            """,
            CancellationToken.None);
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}

public class PostgresConnectorContractTests(PostgresContractDatabase database) : ConnectorContract, IClassFixture<PostgresContractDatabase>
{
    internal override IConnector Connector { get; } = PostgresSource.Connector();

    internal override SourceConnection Connection => database.Source.Connection;

    protected override string SlowQuery => "SELECT i, pg_sleep(CASE WHEN i = 1 THEN 0 ELSE 60 END)::text FROM generate_series(1, 3) i";

    protected override string HugeQuery => "SELECT i, repeat('x', 100) AS filler FROM generate_series(1, 2000000) i";

    protected override string LargeQuery
        => "SELECT i, CASE WHEN i = 2 THEN repeat('y', 70000000) ELSE 'small' END AS v, 'end' AS w FROM generate_series(1, 3) i";

    protected override string EscapedQuery
        => "SELECT i, CASE WHEN i = 2 THEN repeat(E'\\x01', 20000000) ELSE 'small' END AS v, 'end' AS w FROM generate_series(1, 3) i";

    protected override string WriteStatement => "WITH gone AS (DELETE FROM numbers RETURNING id) SELECT * FROM gone";

    protected override Task EndSessionsAsync() => database.Source.EndSessionsAsync(Ct);

    protected override IEnumerable<(string Expression, string Json)> Types =>
    [
        ("(-32768)::smallint", "-32768"), ("2147483647", "2147483647"), ("(-9223372036854775808)::bigint", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775807"), ("0.10::numeric", "0.10"), ("(-0.000001230)::numeric", "-0.000001230"),
        ("12345678901234567890123456789012345678901234567890.123456789::numeric", "12345678901234567890123456789012345678901234567890.123456789"),
        ("1e20::numeric", "100000000000000000000"), ("0::numeric", "0"), ("0.000::numeric(10,3)", "0.000"), ("10000::numeric", "10000"), ("1.00010000::numeric", "1.00010000"),
        ("'NaN'::numeric", "\"NaN\""), ("'-Infinity'::numeric", "\"-Infinity\""),
        ("0.1::float4", "0.1"), ("0.1::float8 + 0.2::float8", "0.30000000000000004"), ("1e300::float8", "1E+300"), ("'NaN'::float8", "\"NaN\""),
        ("'Infinity'::float4", "\"Infinity\""), ("'-0'::float8", "-0"), ("1234.5::money", "1234.50"), ("ARRAY[1.5::money]", "[1.50]"),
        ("true", "true"), ("false", "false"), ("NULL::int", "null"), ("NULL", "null"),
        ("''::text", "\"\""), ("E'a\"b\\\\c\\n\\t\\r\\x01\\x1f é 漢 😀'", "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u001f é 漢 😀\""),
        ("'x'::varchar(9)", "\"x\""), ("'ab'::char(4)", "\"ab  \""), ("'n'::name", "\"n\""), ("'c'::\"char\"", "\"c\""), ("'Ci'::citext", "\"Ci\""),
        ("'\\x00ff10'::bytea", "\"AP8Q\""), ("''::bytea", "\"\""), ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
        ("date '2024-02-29'", "\"2024-02-29\""), ("date 'infinity'", "\"infinity\""), ("date '-infinity'", "\"-infinity\""), ("date '0044-03-15 BC'", "\"-000043-03-15\""),
        ("date '0001-01-01'", "\"0001-01-01\""), ("date '1900-03-01'", "\"1900-03-01\""), ("date '9999-12-31'", "\"9999-12-31\""), ("date '12345-06-07'", "\"+012345-06-07\""),
        ("date '5874897-12-31'", "\"+5874897-12-31\""), ("date '4714-11-24 BC'", "\"-004713-11-24\""), ("date '0001-12-31 BC'", "\"0000-12-31\""),
        ("time '24:00:00'", "\"24:00:00\""), ("time '23:59:59.999999'", "\"23:59:59.999999\""), ("timetz '12:00:00.5+05:30'", "\"12:00:00.5+05:30\""), ("timetz '01:02:03-00:00:07'", "\"01:02:03-00:00:07\""),
        ("timestamp '2024-01-01 00:00:00'", "\"2024-01-01T00:00:00\""), ("timestamp '1969-12-31 23:59:59.999999'", "\"1969-12-31T23:59:59.999999\""),
        ("timestamp 'infinity'", "\"infinity\""), ("timestamptz '2024-06-01 12:00:00.120+02'", "\"2024-06-01T10:00:00.12Z\""), ("timestamptz '-infinity'", "\"-infinity\""),
        ("timestamptz '0001-01-01 00:00:00+00 BC'", "\"0000-01-01T00:00:00Z\""), ("timestamp '294276-12-31 23:59:59.999999'", "\"+294276-12-31T23:59:59.999999\""),
        ("interval '0'", "\"PT0S\""), ("interval '1 year -2 months 3 days -04:05:06.789'", "\"P10M3DT-4H-5M-6.789S\""), ("interval '-0.000001 second'", "\"PT-0.000001S\""),
        ("interval '90 minutes'", "\"PT1H30M\""), ("interval '14 months'", "\"P1Y2M\""),
        ("'{\"b\": 1,  \"a\":[1e400, null]}'::json", "{\"b\": 1,  \"a\":[1e400, null]}"), ("E'{\\n \"a b\" : \"x \\\\\\\\ y \\\\\" z\",\\r\\n\"c\": [ ] }'::json", "{\"a b\":\"x \\\\ y \\\" z\",\"c\":[]}"),
        ("'\"\\u0000\"'::json", "\"\\u0000\""), ("'{\"b\":1.10,\"a\":null}'::jsonb", "{\"a\": null, \"b\": 1.10}"), ("'null'::jsonb", "null"),
        ("ARRAY[1,NULL,3]", "[1,null,3]"), ("'{}'::text[]", "[]"), ("ARRAY[[1,2],[3,4]]", "[[1,2],[3,4]]"), ("ARRAY[[['a','\"']],[[NULL,'d']]]", "[[[\"a\",\"\\\"\"]],[[null,\"d\"]]]"),
        ("'[5:6]={1,2}'::int[]", "[1,2]"), ("ARRAY['1.50'::numeric]", "[1.50]"), ("ARRAY['10.0.0.1'::inet]", "[\"10.0.0.1\"]"), ("ARRAY['so \"so\"'::mood]", "[\"so \\\"so\\\"\"]"),
        ("ARRAY['A'::citext]", "[\"A\"]"), ("ARRAY[timestamptz '2024-01-01 00:00+00']", "[\"2024-01-01T00:00:00Z\"]"), ("ARRAY['{\"a\":1}'::jsonb]", "[{\"a\": 1}]"),
        ("'sad'::mood", "\"sad\""), ("1.50::positive", "1.50"), ("ARRAY[2.0::positive]", "[2.0]"),
        ("ROW(1, 2.50, 'sad')::point3", "{\"x\":1,\"the y\":2.50,\"z\":\"sad\"}"),
        ("ROW('n', ARRAY[ROW(1,NULL,'sad')::point3, NULL], 7.0, '{\"k\":\n1}')::holder", "{\"name\":\"n\",\"points\":[{\"x\":1,\"the y\":null,\"z\":\"sad\"},null],\"amount\":7.0,\"raw\":{\"k\":1}}"),
        ("ROW(1, 'a b'::tsvector)::odd", "\"(1,\\\"'a' 'b'\\\")\""), ("ROW(1, 'x')", "\"(1,x)\""),
        ("int4range(1, 10)", "\"[1,10)\""), ("'{[1,3),[5,7)}'::int4multirange", "\"{[1,3),[5,7)}\""), ("tstzrange('2024-01-01 00:00+00', NULL)", "\"[\\\"2024-01-01 00:00:00+00\\\",)\""),
        ("inet '10.0.0.1'", "\"10.0.0.1\""), ("inet '2001:db8::1'", "\"2001:db8::1\""), ("cidr '2001:db8::/32'", "\"2001:db8::/32\""), ("inet '::ffff:1.2.3.4/96'", "\"::ffff:1.2.3.4/96\""),
        ("inet '10.0.0.1/8'", "\"10.0.0.1/8\""), ("cidr '10.0.0.0/8'", "\"10.0.0.0/8\""), ("macaddr '08:00:2b:01:02:03'", "\"08:00:2b:01:02:03\""),
        ("B'101'", "\"101\""), ("B'1'::varbit", "\"1\""), ("point '(1,2)'", "\"(1,2)\""), ("box '((0,0),(1,1))'", "\"(1,1),(0,0)\""), ("circle '<(0,0),1>'", "\"<(0,0),1>\""),
        ("'<a>x</a>'::xml", "\"<a>x</a>\""), ("to_tsvector('simple', 'b a')", "\"'a':2 'b':1\""), ("tsquery 'a & b'", "\"'a' & 'b'\""), ("hstore('a', NULL)", "\"\\\"a\\\"=>NULL\""),
        ("'a.b'::ltree", "\"a.b\""), ("'16/B374D848'::pg_lsn", "\"16/B374D848\""), ("4294967295::oid", "\"4294967295\""), ("'pg_class'::regclass", "\"pg_class\""), ("'1 2'::int2vector", "\"1 2\""),
        ("txid_current_snapshot() IS NULL", "false"), ("jsonpath '$.a'", "\"$.\\\"a\\\"\""),
    ];
}
