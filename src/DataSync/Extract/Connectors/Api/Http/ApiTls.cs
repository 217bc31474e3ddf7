using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DataSync.Extract.Connectors.Network;

namespace DataSync.Extract.Connectors.Api.Http;

/// <summary>
/// What a source asks of TLS beyond TLS 1.3 with the machine's authorities: for the origin of its base URL, and for its token endpoint where the operator
/// excepts that host as well. A stranger that a redirect leads to sees none of it. Holds a secret: it is no record, so that nothing prints it.
/// </summary>
internal sealed class ApiTls
{
    /// <summary>Members of <c>connection_params</c>.</summary>
    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal) { "tls_min_version", "tls_authorities", "client_certificate", "client_key" };

    private readonly bool _allowsTls12;
    private readonly string? _authorities, _clientCertificate, _clientKey;

    private ApiTls(JsonElement given, string owner)
    {
        _allowsTls12 = Text("tls_min_version") == "1.2";
        (_authorities, _clientCertificate, _clientKey) = (Text("tls_authorities"), Text("client_certificate"), Text("client_key"));
        var whole = JsonSerializer.SerializeToUtf8Bytes(new[] { owner, _allowsTls12.ToString(CultureInfo.InvariantCulture), _authorities, _clientCertificate, _clientKey });
        Digest = Convert.ToHexStringLower(SHA256.HashData(whole));

        string? Text(string name) => given.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    /// <summary>Names whose it is and all of it: connections are shared by those of one digest alone.</summary>
    public string Digest { get; }

    /// <summary>Reads members that <see cref="TlsParametersValidation"/> found nothing wrong with; null where the source says nothing.</summary>
    public static ApiTls? Read(JsonElement given, string owner)
        => Members.Any(m => m != "tls_min_version" && SourceFields.Has(given, m, out _)) || (SourceFields.Has(given, "tls_min_version", out var version) && version.ValueEquals("1.2"))
            ? new ApiTls(given, owner)
            : null;

    /// <summary>What one host is asked for, and judged by.</summary>
    /// <param name="tls">Null for what every source gets without saying anything.</param>
    /// <param name="host">Whom the certificate must name.</param>
    public static ServerTls For(ApiTls? tls, string host)
        => new(host, TlsMode.VerifyFull, tls?._allowsTls12 ?? false, tls?._authorities, tls?._clientCertificate, tls?._clientKey);
}
