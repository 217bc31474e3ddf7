using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Extract;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors;

public class ServerParametersValidationTests
{
    private static readonly (string Certificate, string Key) Shown = Pair();

    private static string Certificate => Shown.Certificate;

    private static string Key => Shown.Key;

    [Theory]
    [InlineData("/var/run/postgresql"), InlineData("@socket"), InlineData("a,b"), InlineData("a b"), InlineData("http://a"), InlineData("a:5432"), InlineData("[::1]"), InlineData("a;Port=1"), InlineData("a/b"), InlineData("a\\u0000b"), InlineData("")]
    public void Validate_a_host_is_one_name_or_address(string host)
        => Assert.Equal("/connection_params/host", Assert.Single(Faults($$"""{"host":"{{host}}","database":"d","username":"u","password":"p"}""")).Path);

    [Theory]
    [InlineData("db.example.com"), InlineData("192.0.2.1"), InlineData("2001:db8::1"), InlineData("datenbank-müller.de")]
    public void Validate_good_parameters_have_no_fault(string host)
        => Assert.Empty(Faults($$"""{"driver":"postgresql","host":"{{host}}","port":65535,"database":"d","username":"u","password":"p","tls":"verify-ca"}"""));

    [Fact]
    public void Validate_names_every_fault_at_once()
        => Assert.Equal(
            [
                ("/connection_params/connection_string", "faults.source.unknown"), ("/connection_params/host", "faults.source.required"), ("/connection_params/port", "faults.source.port"),
                ("/connection_params/tls", "faults.source.tls"), ("/connection_params/database", "faults.source.text"), ("/connection_params/username", "faults.source.text"),
                ("/connection_params/password", "faults.source.required"),
            ],
            Faults("""{"connection_string":"Host=x","port":0,"tls":"prefer","database":7,"username":""}""").Select(f => (f.Path, f.MessageKey)));

    [Theory]
    [InlineData("disable", "db.example.com", false), InlineData("require", "db.example.com", false), InlineData("disable", "old.example.com", true), InlineData("require", "10.1.2.3", true), InlineData("disable", "10.2.0.1", false)]
    public void Validate_weaker_tls_needs_the_operators_exception(string tls, string host, bool allowed)
        => Assert.Equal(
            allowed ? [] : ["faults.source.tls_exception"],
            Faults($$"""{"host":"{{host}}","database":"d","username":"u","password":"p","tls":"{{tls}}"}""").Select(f => f.MessageKey));

    public static TheoryData<string, bool> Excepted => new()
    {
        { "db.example.com", false }, { "old.example.com", true }, { "OLD.example.com", true }, { "sub.old.example.com", false }, { "old.example.com.evil.example", false }, { "10.1.2.3", true }, { "10.2.0.1", false },
    };

    /// <summary>An older version, authorities of its own and a certificate to show: a tenant may ask for each, and has it where the operator excepts the host.</summary>
    [Theory, MemberData(nameof(Excepted))]
    public void Validate_what_changes_tls_needs_the_operators_exception(string host, bool allowed)
    {
        foreach (var (member, value) in ((string, string)[])[("tls_min_version", "1.2"), ("tls_authorities", Certificate), ("client_certificate", Certificate), ("client_key", Key)])
        {
            var given = Good(host);
            given[member] = value;
            if (member is "client_certificate" or "client_key") (given["client_certificate"], given["client_key"]) = (Certificate, Key);
            string[] asked = member is "client_certificate" or "client_key" ? ["client_certificate", "client_key"] : [member];
            Assert.Equal(
                allowed ? [] : asked.Select(m => ($"/connection_params/{m}", "faults.source.tls_exception", (object?)host)),
                Faults(given).Select(f => (f.Path, f.MessageKey, f.Params?["host"])));
        }
    }

    /// <summary>Version 1.3 is what is asked for anyway; no exception makes a version out of an older one.</summary>
    [Theory]
    [InlineData("1.3", "db.example.com", null), InlineData("1.3", "old.example.com", null), InlineData("1.1", "old.example.com", "faults.source.tls_min_version"), InlineData("1.0", "old.example.com", "faults.source.tls_min_version")]
    [InlineData("ssl3", "old.example.com", "faults.source.tls_min_version"), InlineData("", "old.example.com", "faults.source.tls_min_version"), InlineData("1.1", "db.example.com", "faults.source.tls_min_version")]
    public void Validate_knows_two_versions_of_tls(string version, string host, string? fault)
    {
        var given = Good(host);
        given["tls_min_version"] = version;
        Assert.Equal(fault is null ? [] : [fault], Faults(given).Select(f => f.MessageKey));
    }

    /// <summary>What a driver would take for a file of ours, and one half of a pair.</summary>
    [Theory]
    [InlineData("tls_authorities", "/etc/ssl/certs/ca-certificates.crt", "faults.source.pem"), InlineData("tls_authorities", "system", "faults.source.pem"), InlineData("tls_authorities", "-----BEGIN CERTIFICATE-----", "faults.source.pem")]
    [InlineData("client_certificate", "file:///etc/ssl/own.pem", "faults.source.pem"), InlineData("client_key", "/run/secrets/key.pem", "faults.source.pem"), InlineData("client_certificate", null, "faults.source.client_key"), InlineData("client_key", null, "faults.source.client_key")]
    public void Validate_takes_certificates_as_text_and_in_pairs(string member, string? value, string fault)
    {
        var given = Good("old.example.com");
        (given["client_certificate"], given["client_key"]) = (Certificate, Key);
        if (value is null) given.Remove(member);
        else given[member] = value;
        Assert.Equal(fault, Assert.Single(Faults(given)).MessageKey);
    }

    /// <summary>What the operator alone says, by the names it has among his settings and those that drivers have for it: no source has such a member.</summary>
    [Theory]
    [InlineData("tls_exceptions"), InlineData("tls_exception"), InlineData("DATASYNC_TLS_EXCEPTIONS"), InlineData("egress_allow"), InlineData("DATASYNC_EGRESS_ALLOW"), InlineData("allow_writable"), InlineData("allow_writable_sources"), InlineData("DATASYNC_ALLOW_WRITABLE_SOURCES")]
    [InlineData("trust_server_certificate"), InlineData("TrustServerCertificate"), InlineData("sslmode"), InlineData("SslMode"), InlineData("sslrootcert"), InlineData("RootCertificate"), InlineData("ssl_ca"), InlineData("SslCa"), InlineData("sslcert"), InlineData("CertificateFile")]
    [InlineData("TLS"), InlineData("Tls_Min_Version"), InlineData("tls_max_version"), InlineData("options"), InlineData("connection_string")]
    public void Validate_a_source_has_no_word_in_what_the_operator_decides(string member)
    {
        // nor does it help that the host is one of the operator's exceptions
        foreach (var host in (string[])["db.example.com", "old.example.com"])
        {
            var given = Good(host);
            given[member] = "true";
            Assert.Equal(($"/connection_params/{member}", "faults.source.unknown"), Assert.Single(Faults(given).Select(f => (f.Path, f.MessageKey))));
        }
    }

    private static JsonObject Good(string host) => new() { ["host"] = host, ["database"] = "d", ["username"] = "u", ["password"] = "p", ["tls"] = "verify-full" };

    private static (string Certificate, string Key) Pair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=reader", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static List<Fault> Faults(JsonObject given) => Faults(given.ToJsonString());

    private static List<Fault> Faults(string json)
        => [.. new ServerParametersValidation(new ExtractOptions { TlsExceptions = "Old.Example.com, 10.1.0.0/16" }, longestName: 63).Validate(JsonDocument.Parse(json).RootElement)];
}
