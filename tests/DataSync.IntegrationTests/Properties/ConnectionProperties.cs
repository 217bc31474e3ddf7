using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Extract.Push;
using DataSync.Extract.Push.Signatures;
using DataSync.IntegrationTests.Extract;
using DataSync.IntegrationTests.Extract.Api;
using DataSync.IntegrationTests.Extract.Odbc;
using DataSync.IntegrationTests.Extract.SqlServer;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Errors;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Connecting by right and by wrong parameters: of databases (read), APIs (pull) and webhooks (push), against real servers; of SQL Server, against what speaks its protocol and looks at the login.</summary>
public sealed class ConnectionProperties : IAsyncLifetime
{
    private const string Key = "the-right-key";
    private readonly SqliteSource _sqlite = new();
    private readonly int _closedPort = ClosedPort();
    private PostgresSource _postgres = null!;
    private MySqlSource _mysql = null!;
    private MariaDbServer _maria = null!;
    private ApiServer _api = null!;
    private TdsServer _tds = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sqlite.Execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
        await File.WriteAllTextAsync(Path.Combine(_sqlite.Root, "text.db"), new string('x', 5000), Ct);
        _postgres = await PostgresSource.CreateAsync(Ct);
        _mysql = await MySqlSource.CreateAsync(Ct);
        _maria = await MariaDbServer.GetAsync(Ct);
        _tds = new TdsServer { OnLogin = LogIn };
        _api = await ApiServer.StartAsync(c =>
        {
            c.Response.StatusCode = c.Request.Headers.Authorization == $"Bearer {Key}" ? 200 : 401;
            return ApiServer.WriteAsync(c, "[]");
        });
    }

    public async ValueTask DisposeAsync()
    {
        _sqlite.Dispose();
        if (_postgres is not null) await _postgres.DisposeAsync();
        if (_mysql is not null) await _mysql.DisposeAsync();
        if (_tds is not null) await _tds.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
    }

    // Feature: data-sync-pipeline, Property 1: For any data source configuration (Read/Pull/Push mode), when a connection is attempted, the system should validate the connection
    // parameters and successfully establish a connection if parameters are valid, or return a specific error if invalid.
    [Fact]
    [Trait("Property", "1")]
    public async Task Any_configuration_connects_or_says_what_is_wrong_with_it()
    {
        var (catalogue, kinds) = (ErrorCatalogue.Load(), Kinds());
        HashSet<string> seen = [];
        var values = from text in Gen.Elements("x", "", "a\u0000b", "***", new string('y', 5000)) from place in Gen.Choose(0, 20) select (text, place);
        // each change of each kind once, so that none is left out by chance, then as it falls
        var each = kinds.SelectMany(kind => kind.Changes, (kind, change) => Gen.Constant((kind, change)));
        var any = Gen.Elements(kinds).SelectMany(kind => Gen.Elements(kind.Changes), (kind, change) => (kind, change));
        foreach (var ((kind, change), (text, place)) in each.Concat(Enumerable.Repeat(any, 240)).SelectMany(trial => trial.Zip(values).Sample(1)))
        {
            var parameters = kind.Valid.DeepClone().AsObject();
            var expected = change.Apply(parameters, text, place);
            var given = JsonSerializer.SerializeToElement(parameters);
            var where = $"{kind.Name}: {change.Name}, {given.GetRawText()[..Math.Min(300, given.GetRawText().Length)]}";
            var faults = kind.Validate(given).ToList();
            Assert.All(faults, f => Assert.StartsWith("/connection_params/", f.Path, StringComparison.Ordinal));
            seen.Add($"{kind.Name} {expected}");
            if (expected == Invalid)
            {
                Assert.True(faults.Count > 0, where);
                continue;
            }

            Assert.True(faults.Count == 0, where + string.Join(", ", faults));
            var checks = await kind.TestAsync(new SourceConnection(kind.Name, given, "1:t:s"), Ct);
            if (expected is null)
            {
                Assert.True(checks.All(c => c is { Passed: true, MessageKey: null }), where + string.Join(", ", checks));
                continue;
            }

            var failed = Assert.Single(checks, c => c.Passed == false);
            Assert.True(failed.MessageKey == expected, $"{where}: {failed}");
            Assert.NotNull(catalogue.Find(failed.MessageKey!));
            Assert.NotNull(failed.HintKey);
            Assert.All(checks.SkipWhile(c => c != failed).Skip(1), c => Assert.Null(c.Passed));
        }

        // every kind was tried with what is right, with what cannot be meant and with what does not lead there
        foreach (var kind in kinds) Assert.Superset(new HashSet<string>([$"{kind.Name} ", $"{kind.Name} {Invalid}"], StringComparer.Ordinal), seen);
        Assert.InRange(seen.Count, 18, 100);
    }

    private const string Invalid = "invalid", TlsWithoutAny = "TLS where there is none";

    private Kind[] Kinds()
    {
        const string Everywhere = "0.0.0.0/0,::/0";
        var schemes = typeof(ISignatureScheme).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ISignatureScheme))).Select(t => (ISignatureScheme)Activator.CreateInstance(t)!);
        var webhooks = new WebhookConnector(schemes, TimeProvider.System);
        Change[] server =
        [
            Set("a closed port", "port", _closedPort, "errors.connection.refused"), Set("a port of none", "port", 70_000, Invalid), Set("an inner address", "host", "10.1.2.3", "errors.connection.egress_denied"),
            Set("a socket's path", "host", "/run/x.sock", Invalid), Set("a wrong password", "password", "wrong", "errors.connection.authentication"), Set("no such login", "username", "nobody_of_that_name", "errors.connection.authentication"),
            Set(TlsWithoutAny, "tls", "verify-full", "errors.connection.tls"), Set("no such way of TLS", "tls", "some", Invalid),
        ];
        return
        [
            new Kind("postgresql", PostgresSource.Connector(tlsExceptions: Everywhere), Node(_postgres.Connection), [.. server, .. Common, Set("no such database", "database", "no_such_database", "errors.connection.database")]),
            new Kind("mysql", MySqlSource.Connector(tlsExceptions: Everywhere), Node(_mysql.Connection), [.. server, .. Common]),
            new Kind("sqlserver", TdsServer.Connector(tlsExceptions: Everywhere), Node(_tds.Connection()),
                [.. server.Where(c => c.Name != TlsWithoutAny), TlsWithinTds, .. Common, Set("no such database", "database", "no_such_database", "errors.connection.database")]),
            new Kind("sqlite", _sqlite.Connector, Node(SqliteSource.ConnectionTo(_sqlite.File)),
                [.. Common, Set("no such file", "path", Path.Combine(_sqlite.Root, "none.db"), "errors.connection.file"), Set("a file elsewhere", "path", "/etc/passwd", "errors.connection.file"), Set("a file of text", "path", Path.Combine(_sqlite.Root, "text.db"), "errors.connection.not_a_database")]),
            new Kind("odbc postgresql", OdbcSource.Connector(), Node(OdbcSource.Of(_postgres)), [.. OdbcChanges(OdbcRegistrations.Postgres, "Servername", "Port"), .. Common]),
            new Kind("odbc mariadb", OdbcSource.Connector(), Node(OdbcSource.Of(_maria, _mysql.Database, _mysql.Login, _mysql.Password)), [.. OdbcChanges(OdbcRegistrations.MariaDb, "SERVER", "PORT"), .. Common]),
            new Kind("api", ApiSource.Connector(exceptions: Everywhere), new JsonObject { ["base_url"] = _api.Url.AbsoluteUri, ["auth"] = new JsonObject { ["type"] = "bearer", ["token"] = Key } },
                [.. Common, Set("a closed port", "base_url", $"http://127.0.0.1:{_closedPort}", "errors.connection.refused"), Set("an inner address", "base_url", "http://10.1.2.3", "errors.connection.egress_denied"),
                    Set("a file's URL", "base_url", "file:///etc/passwd", Invalid), Set("no credentials", "auth", new JsonObject { ["type"] = "none" }, "errors.api.authentication"), Set("no such way to log in", "auth", new JsonObject { ["type"] = "magic" }, Invalid)]),
            new Kind("webhook", webhooks.Validate, webhooks.TestAsync, new JsonObject { ["scheme"] = "github", ["secrets"] = new JsonArray("a-secret-of-github") },
                [.. Common, Set("a short secret", "secrets", new JsonArray("short"), Invalid), Set("no such scheme", "scheme", "carrier-pigeon", Invalid), Set("a tolerance of no time", "tolerance_seconds", 0, Invalid)]),
        ];
    }

    /// <summary>What a tenant may get wrong about a data source, and the operator.</summary>
    private Change[] OdbcChanges(string driver, string host, string port) =>
    [
        Set("no such data source", "dsn", "nowhere", "errors.connection.odbc_source"), Set("a connection string", "dsn", "x;Driver=/tmp/x.so", Invalid), Set("a wrong password", "password", "wrong", "errors.connection.authentication"),
        Set("no such login", "username", "nobody_of_that_name", "errors.connection.authentication"), Set("a closed port", "dsn", OdbcRegistrations.Add(driver, (host, "127.0.0.1"), (port, _closedPort)), "errors.connection.refused"),
        Set("an inner address", "dsn", OdbcRegistrations.Add(driver, (host, "10.1.2.3"), (port, 5432)), "errors.connection.egress_denied"), Set("no server", "dsn", OdbcRegistrations.Add(driver, (port, 5432)), "errors.connection.odbc_unguarded"),
    ];

    /// <summary>As SQL Server answers a login: by its name and password, then by the database it asks for.</summary>
    private TdsAnswer LogIn()
    {
        var login = TdsLogin.Read(_tds.Login);
        if (login with { Database = "" } != new TdsLogin(TdsServer.Reader, TdsServer.Password, "")) return new TdsAnswer().Error(18456, 14);
        return login.Database == TdsServer.Database ? new TdsAnswer().Environment().LoginAck().Done() : new TdsAnswer().Error(4060, 11);
    }

    /// <summary>Before SQL Server 2022 TLS is agreed on in the protocol's own words, and the server says there that it has none.</summary>
    private static Change TlsWithinTds => new(TlsWithoutAny, (o, _, _) => { (o["tls"], o["tls_min_version"]) = ("verify-full", "1.2"); return "errors.connection.tls"; });

    private static Change[] Common =>
    [
        new("nothing", (_, _, _) => null),
        new("a member that is not known", (o, text, _) => { o["surprise"] = text; return Invalid; }),
        new("a required member left out", (o, _, place) => { o.Remove(Required(o, place)); return Invalid; }),
        new("a required member of another type", (o, _, place) => { o[Required(o, place)] = new JsonObject { ["not"] = "this" }; return Invalid; }),
    ];

    /// <summary>A member that the kind cannot do without. Secrets may be kept apart, so that one that is missing is judged when it is used.</summary>
    private static string Required(JsonObject parameters, int place)
    {
        string[] names = ["host", "database", "username", "path", "dsn", "base_url", "scheme"];
        var there = names.Where(parameters.ContainsKey).ToArray();
        return there[place % there.Length];
    }

    private static Change Set(string name, string member, JsonNode value, string expected) => new(name, (o, _, _) => { o[member] = value.DeepClone(); return expected; });

    private static JsonObject Node(SourceConnection connection)
    {
        var node = JsonNode.Parse(connection.ConnectionParams.GetRawText())!.AsObject();
        node.Remove("driver");
        return node;
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record Kind(string Name, Func<JsonElement, IEnumerable<Fault>> Validate, Func<SourceConnection, CancellationToken, Task<IReadOnlyList<ConnectionCheck>>> TestAsync, JsonObject Valid, Change[] Changes)
    {
        public Kind(string name, IConnector connector, JsonObject valid, Change[] changes) : this(name, connector.Validate, connector.TestAsync, valid, changes) { }
    }

    /// <summary>What is done to valid parameters; returns the error it must lead to: null for none, or that the parameters are refused as such.</summary>
    private sealed record Change(string Name, Func<JsonObject, string, int, string?> Apply);
}
