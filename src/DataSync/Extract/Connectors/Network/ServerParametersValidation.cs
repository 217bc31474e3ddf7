using System.Net;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Network;

/// <summary>Names everything wrong with <c>connection_params</c> of a database server.</summary>
/// <param name="options">What the operator allows.</param>
/// <param name="longestName">Characters of the names of a database and of a login at most.</param>
internal sealed class ServerParametersValidation(ExtractOptions options, int longestName)
{
    /// <summary>Every member there is.</summary>
    public static readonly IReadOnlySet<string> Fields = new HashSet<string>(StringComparer.Ordinal)
    {
        "host", "port", "database", "username", "password", "tls", "tls_min_version", "tls_authorities", "client_certificate", "client_key",
    };

    /// <summary>Sealed at rest.</summary>
    public static readonly IReadOnlySet<string> Secrets = new HashSet<string>(StringComparer.Ordinal) { "password", "client_key" };

    /// <summary>Say where the secrets are sent, and how well guarded.</summary>
    public static readonly IReadOnlySet<string> Addresses = new HashSet<string>(StringComparer.Ordinal) { "host", "port", "tls", "tls_min_version", "tls_authorities" };

    public IEnumerable<Fault> Validate(JsonElement given) => SourceFields.Unknown(given, Fields)
        .Concat(Host(given)).Concat(Port(given)).Concat(Tls(given))
        .Concat(SourceFields.Text(given, "database", longestName))
        .Concat(SourceFields.Text(given, "username", longestName))
        .Concat(SourceFields.Text(given, "password", 1024))
        .Concat(new TlsParametersValidation(options).Validate(given, "host"));

    private static List<Fault> Host(JsonElement given)
    {
        var faults = SourceFields.Text(given, "host", 255).ToList();
        if (faults.Count > 0 || !SourceFields.Has(given, "host", out var host)) return faults;

        // a socket's path, a list of hosts, a URL: nothing but one name or address
        if (Uri.CheckHostName(host.GetString()) == UriHostNameType.Unknown || host.GetString()!.StartsWith('[')) faults.Add(SourceFields.Fault("host", "faults.source.host"));
        return faults;
    }

    private static IEnumerable<Fault> Port(JsonElement given)
    {
        if (!SourceFields.Has(given, "port", out var port)) yield break;
        if (port.ValueKind != JsonValueKind.Number || !port.TryGetInt32(out var number) || number is < 1 or > IPEndPoint.MaxPort)
            yield return SourceFields.Fault("port", "faults.source.port");
    }

    private IEnumerable<Fault> Tls(JsonElement given)
    {
        if (!SourceFields.Has(given, "tls", out var tls)) yield break;
        if (tls.ValueKind != JsonValueKind.String || !ServerParameters.TlsModes.TryGetValue(tls.GetString()!, out var mode))
            yield return SourceFields.Fault("tls", "faults.source.tls");
        else if (mode is TlsMode.Require or TlsMode.Disable && SourceFields.Has(given, "host", out var host)
            && host.ValueKind == JsonValueKind.String && !options.IsTlsException(host.GetString()!))
            yield return SourceFields.Fault("tls", "faults.source.tls_exception", ("host", host.GetString()));
    }
}
