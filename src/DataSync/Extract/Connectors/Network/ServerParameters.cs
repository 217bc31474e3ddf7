using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Network;

/// <summary>
/// A database server's parameters: fields only. A connection string could name files, sockets and options of a driver. Shared by every driver that reaches
/// its server over the network.
/// </summary>
internal sealed record ServerParameters(string Host, int Port, string Database, string Username, string Password, TlsMode Tls)
{
    public static readonly IReadOnlyDictionary<string, TlsMode> TlsModes = new Dictionary<string, TlsMode>(StringComparer.Ordinal)
    {
        ["verify-full"] = TlsMode.VerifyFull,
        ["verify-ca"] = TlsMode.VerifyCa,
        ["require"] = TlsMode.Require,
        ["disable"] = TlsMode.Disable,
    };

    /// <summary>TLS 1.2 will do; else 1.3 alone.</summary>
    public bool AllowsTls12 { get; private init; }

    /// <summary>The only authorities trusted, as PEM; null for those of the machine.</summary>
    public string? Authorities { get; private init; }

    /// <summary>The certificate shown to the server, with its chain, as PEM; null for none.</summary>
    public string? ClientCertificate { get; private init; }

    /// <summary>Its private key, as PEM.</summary>
    public string? ClientKey { get; private init; }

    /// <summary>Reads parameters that were validated before.</summary>
    /// <param name="connection">The source.</param>
    /// <param name="defaultPort">Where no port is given.</param>
    public static ServerParameters Read(SourceConnection connection, int defaultPort)
    {
        var given = connection.ConnectionParams;
        return new ServerParameters(
            Text("host")!, given.TryGetProperty("port", out var port) ? port.GetInt32() : defaultPort, Text("database")!, Text("username")!, Text("password")!,
            Text("tls") is { } tls ? TlsModes[tls] : TlsMode.VerifyFull)
        {
            AllowsTls12 = Text("tls_min_version") == "1.2",
            Authorities = Text("tls_authorities"),
            ClientCertificate = Text("client_certificate"),
            ClientKey = Text("client_key"),
        };

        string? Text(string name) => given.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    /// <summary>Shows nothing secret.</summary>
    public override string ToString() => $"{Host}:{Port}";
}
