using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Network;

/// <summary>
/// The members that change what TLS asks for: an older version, authorities of one's own, a certificate shown to the server. Each needs that the source says so
/// and that the operator made an exception for the host.
/// </summary>
internal sealed class TlsParametersValidation(ExtractOptions options)
{
    private const int LongestPem = 100_000;

    /// <summary>Everything wrong with these members.</summary>
    /// <param name="given"><c>connection_params</c>.</param>
    /// <param name="hostMember">The member that names the host.</param>
    /// <param name="host">The host, where that member is a URL.</param>
    public IEnumerable<Fault> Validate(JsonElement given, string hostMember, string? host = null)
    {
        if (given.ValueKind != JsonValueKind.Object) yield break;
        host ??= SourceFields.Has(given, hostMember, out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        foreach (var name in (string[])["tls_min_version", "tls_authorities", "client_certificate", "client_key"])
        {
            if (!SourceFields.Has(given, name, out var value)) continue;
            if (Fault(name, value) is { } fault) yield return fault;
            else if (!(name == "tls_min_version" && value.ValueEquals("1.3")) && host is not null && !options.IsTlsException(host))
                yield return SourceFields.Fault(name, "faults.source.tls_exception", ("host", host));
        }

        if (SourceFields.Has(given, "client_certificate", out _) != SourceFields.Has(given, "client_key", out _))
            yield return SourceFields.Fault("client_key", "faults.source.client_key");
    }

    private static Fault? Fault(string name, JsonElement value)
    {
        if (name == "tls_min_version")
            return value.ValueKind == JsonValueKind.String && value.GetString() is "1.2" or "1.3" ? null : SourceFields.Fault(name, "faults.source.tls_min_version");
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 and <= LongestPem } pem) return SourceFields.Fault(name, "faults.source.pem");

        // a key that is kept shows as *** and is judged when it is used
        if (name == "client_key") return pem == "***" || PemEncoding.TryFind(pem, out var key) && pem[key.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal) ? null : SourceFields.Fault(name, "faults.source.pem");
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            return certificates.Count > 0 ? null : SourceFields.Fault(name, "faults.source.pem");
        }
        catch (CryptographicException)
        {
            return SourceFields.Fault(name, "faults.source.pem");
        }
    }
}
