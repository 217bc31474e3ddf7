using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Odbc;
using DataSync.IntegrationTests.MariaDb;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>Connectors to data sources of the tests, and how those are registered.</summary>
internal static class OdbcSource
{
    public static OdbcConnector Connector(bool allowWritable = false, string drivers = OdbcRegistrations.All, string egress = "127.0.0.0/8,::1/128", string unguarded = "", int answerMegabytes = 256, string tlsExceptions = "127.0.0.1,localhost") => new(
        new EgressPolicy(Options.Create(new EgressOptions { Allow = egress }), static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct)),
        Options.Create(new ExtractOptions { OdbcDrivers = drivers, AllowWritableSources = allowWritable, OdbcUnguarded = unguarded, OdbcAnswerMegabytes = answerMegabytes, TlsExceptions = tlsExceptions }),
        TimeProvider.System);

    public static SourceConnection Connection(string dsn, string? username = null, string? password = null) => new(
        "odbc",
        username is null ? JsonSerializer.SerializeToElement(new { driver = "odbc", dsn }) : JsonSerializer.SerializeToElement(new { driver = "odbc", dsn, username, password }));

    /// <summary>A PostgreSQL database of the tests', through psqlodbc.</summary>
    public static SourceConnection Of(PostgresSource source, string? username = null, string? password = null, string driver = OdbcRegistrations.Postgres, int? port = null)
    {
        var server = new NpgsqlConnectionStringBuilder(source.Admin.ConnectionString);
        var dsn = OdbcRegistrations.Add(driver, ("Servername", server.Host!), ("Port", port ?? server.Port), ("Database", server.Database!));
        return Connection(dsn, username ?? source.Login, password ?? source.Password);
    }

    /// <summary>A MariaDB database of the tests', through MariaDB's driver.</summary>
    public static SourceConnection Of(MariaDbServer server, string database, string username, string password, params (string Name, object Value)[] more)
        => Connection(OdbcRegistrations.Add(OdbcRegistrations.MariaDb, [("TCPIP", 1), ("SERVER", MariaDbServer.Host), ("PORT", server.Port), ("DATABASE", database), .. more]), username, password);

    /// <summary>A SQLite file, through sqliteodbc.</summary>
    public static SourceConnection Of(SqliteSource source) => Connection(OdbcRegistrations.Add(OdbcRegistrations.Sqlite, ("Database", source.File), ("StepAPI", 1), ("NoCreat", 1)));
}
