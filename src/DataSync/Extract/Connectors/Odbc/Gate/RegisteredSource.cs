using System.Globalization;
using System.Text.RegularExpressions;

namespace DataSync.Extract.Connectors.Odbc.Gate;

/// <summary>A data source as the operator registered it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Library">The file of its driver, without its folder.</param>
/// <param name="Attributes">Everything written below its name; names compare without case.</param>
internal sealed partial record RegisteredSource(string Name, string Library, IReadOnlyDictionary<string, string> Attributes)
{
    private const int PostgresPort = 5432, MariaDbPort = 3306;

    /// <summary>What OpenSSL takes for TLS 1.3 where it is told nothing; older versions keep theirs.</summary>
    private const string NewestCiphers = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

    /// <summary>Without one of these, MariaDB's driver passes over <c>TLSVERSION</c>.</summary>
    private static readonly string[] BesideVersion = ["SSLCA", "SSLCAPATH", "SSLCIPHER", "SSLCERT", "SSLKEY"];

    /// <summary>Bits of MariaDB's <c>OPTION</c>: read a file of settings, which may name a socket; give rows as they come.</summary>
    private const int ReadsSettings = 65_536, Streams = 1_048_576;

    public bool IsPostgres => Library.StartsWith("psqlodbc", StringComparison.OrdinalIgnoreCase);

    public bool IsMariaDb => Library.StartsWith("libmaodbc", StringComparison.OrdinalIgnoreCase);

    /// <summary>True where there is no server at all.</summary>
    public bool IsFile => Library.StartsWith("libsqlite3odbc", StringComparison.OrdinalIgnoreCase);

    /// <summary>True where the driver compares the server's certificate with the name it dials, so that it must dial that name. It reads a number, and <c>yes</c> is 0.</summary>
    public bool NeedsName => IsMariaDb && Of("SSLVERIFY") == "1";

    /// <summary>True where the driver gives rows as they come; it would hold an answer whole otherwise.</summary>
    public bool IsStreamed => IsMariaDb && (Has("STREAMRS") || Has("NO_CACHE") || HasOption(Streams));

    /// <summary>
    /// The one server that the driver will dial; null where the attributes do not say so clearly: none, several, a socket of this machine, another file, or a
    /// driver whose attributes are not known here.
    /// </summary>
    public (string Host, int Port)? Server()
    {
        if (IsPostgres) return OtherServer().IsMatch(Of("pqopt")) ? null : Server(Of("Servername"), Of("Port"), PostgresPort);
        if (!IsMariaDb || Has("USE_MYCNF") || Has("NamedPipe") || HasOption(ReadsSettings) || Of("SOCKET").Length > 0 || (Of("SERVER").Length > 0 && Of("SERVERNAME").Length > 0)) return null;
        var host = Of("SERVER") + Of("SERVERNAME");
        var isSocket = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && Of("PORT") is "" or "0" && !Has("TCPIP");
        return isSocket ? null : Server(host, Of("PORT") is "0" ? "" : Of("PORT"), MariaDbPort);
    }

    /// <summary>Whom its driver takes for the server: <c>full</c> is one with a trusted authority's certificate for the name, <c>ca</c> for any name, <c>none</c> is anybody.</summary>
    public string Verification => IsPostgres && !OtherTls().IsMatch(Of("pqopt"))
        ? Of("SSLmode").ToUpperInvariant() switch { "VERIFY-FULL" => "full", "VERIFY-CA" => "ca", _ => "none" }
        : NeedsName ? "full" : "none";

    /// <summary>What a driver is given that dials its name itself: a server that offers no TLS is refused, and TLS below 1.3 unless the operator says otherwise.</summary>
    /// <param name="isExcepted">An older version will do.</param>
    public IReadOnlyDictionary<string, string> Strict(bool isExcepted)
    {
        var changed = Own();
        changed["FORCETLS"] = "1";
        if (!isExcepted) changed.TryAdd("TLSVERSION", "TLSv1.3");
        if (changed.ContainsKey("TLSVERSION") && !Array.Exists(BesideVersion, a => !string.IsNullOrWhiteSpace(Of(a)))) changed["SSLCIPHER"] = NewestCiphers;
        return changed;
    }

    /// <summary>What is registered, but that text comes in UTF-8: for what another encoding lacks, MariaDB's server puts question marks.</summary>
    public Dictionary<string, string> Own()
    {
        var own = new Dictionary<string, string>(Attributes, StringComparer.OrdinalIgnoreCase);
        if (IsMariaDb) own["CHARSET"] = "utf8mb4";
        return own;
    }

    /// <summary>What a driver is given instead, so that it dials there.</summary>
    /// <param name="port">Where on this machine.</param>
    /// <param name="isExcepted">A version of TLS below 1.3 will do; else it takes the data source's own <c>ssl_min_protocol_version</c>.</param>
    public IReadOnlyDictionary<string, string> At(int port, bool isExcepted)
    {
        var changed = Own();
        var text = port.ToString(CultureInfo.InvariantCulture);
        if (IsPostgres)
        {
            // the name stays, for the certificate; the address is what is dialled
            changed["Port"] = text;
            var newest = isExcepted || Verification == "none" || Of("pqopt").Contains("ssl_min_protocol_version", StringComparison.OrdinalIgnoreCase) ? "" : " ssl_min_protocol_version=TLSv1.3";
            changed["pqopt"] = $"{Of("pqopt")} hostaddr=127.0.0.1{newest}".Trim();
            return changed;
        }

        changed.Remove("SERVERNAME");
        (changed["SERVER"], changed["PORT"], changed["TCPIP"]) = ("127.0.0.1", text, "1");
        return changed;
    }

    private static (string Host, int Port)? Server(string host, string port, int usual)
    {
        var number = usual;
        return (port.Length == 0 || (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and <= 65_535))
            && Uri.CheckHostName(host) != UriHostNameType.Unknown && !host.StartsWith('[') ? (host, number) : null;
    }

    private string Of(string attribute) => Attributes.TryGetValue(attribute, out var value) ? value : "";

    private bool Has(string attribute) => Of(attribute) is not ("" or "0" or "no" or "false");

    private bool HasOption(int bit) => (Number("OPTION") & bit) != 0 || (Number("OPTIONS") & bit) != 0;

    private long Number(string attribute) => long.TryParse(Of(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>libpq's own way to say whom it trusts.</summary>
    [GeneratedRegex(@"(sslmode|requiressl)\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex OtherTls();

    /// <summary>libpq's own ways to say where it dials.</summary>
    [GeneratedRegex(@"(host|hostaddr|port|service|servicefile)\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex OtherServer();
}
