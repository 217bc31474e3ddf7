using DataSync.Pipeline.Connectors;

namespace DataSync.IntegrationTests.Extract.Odbc;

/// <summary>A false server of either kind, registered as a data source.</summary>
internal sealed class FalseServer : IAsyncDisposable
{
    private readonly IAsyncDisposable _server;

    public FalseServer(string driver, string mode)
    {
        int port;
        if (driver == OdbcRegistrations.Postgres)
        {
            var postgres = new FalsePostgres(mode);
            (_server, port) = (postgres, postgres.Port);
        }
        else
        {
            var maria = new FalseMySql(mode);
            (_server, port) = (maria, maria.Port);
        }

        Connection = OdbcSource.Connection(
            driver == OdbcRegistrations.Postgres
                ? OdbcRegistrations.Add(driver, ("Servername", "127.0.0.1"), ("Port", port), ("Database", "d"))
                : OdbcRegistrations.Add(driver, ("TCPIP", 1), ("SERVER", "127.0.0.1"), ("PORT", port), ("DATABASE", "d")),
            "u", "p");
    }

    public SourceConnection Connection { get; }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
