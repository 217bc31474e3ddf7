using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>How far TLS is trusted.</summary>
internal enum TlsMode
{
    VerifyFull,
    VerifyCa,
    Require,
    Disable,
}

/// <summary>A PostgreSQL source's parameters: fields only. A connection string could name files, sockets and options of the driver.</summary>
internal sealed record PostgresParameters(string Host, int Port, string Database, string Username, string Password, TlsMode Tls)
{
    public const int DefaultPort = 5432;

    public static readonly IReadOnlyDictionary<string, TlsMode> TlsModes = new Dictionary<string, TlsMode>(StringComparer.Ordinal)
    {
        ["verify-full"] = TlsMode.VerifyFull,
        ["verify-ca"] = TlsMode.VerifyCa,
        ["require"] = TlsMode.Require,
        ["disable"] = TlsMode.Disable,
    };

    /// <summary>Reads parameters that were validated before.</summary>
    public static PostgresParameters Read(SourceConnection connection)
    {
        var given = connection.ConnectionParams;
        return new PostgresParameters(
            Text("host"), given.TryGetProperty("port", out var port) ? port.GetInt32() : DefaultPort, Text("database"), Text("username"), Text("password"),
            given.TryGetProperty("tls", out var tls) ? TlsModes[tls.GetString()!] : TlsMode.VerifyFull);

        string Text(string name) => given.GetProperty(name).GetString()!;
    }

    /// <summary>Shows nothing secret.</summary>
    public override string ToString() => $"{Host}:{Port}";
}
