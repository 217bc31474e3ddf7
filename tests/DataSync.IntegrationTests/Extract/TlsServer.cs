using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DataSync.LocalPostgres;
using DataSync.Pipeline.Connectors;
using Npgsql;

namespace DataSync.IntegrationTests.Extract;

/// <summary>
/// A PostgreSQL of its own with TLS: its certificate is for <c>localhost</c> alone, from an authority that this machine does not trust.
/// A login that can only read and a table are in it.
/// </summary>
public sealed class TlsServer : IAsyncLifetime
{
    private const string Password = "pw-of-the-reader";
    private LocalPostgresServer? _server;
    private NpgsqlDataSource _admin = null!;
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-tls-").FullName;

    /// <summary>The authority's certificate, for those who are to trust it.</summary>
    internal string AuthorityFile => Path.Combine(_folder, "authority.pem");

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        try
        {
            // Never a server that was given to us: this one's settings are changed.
            _server = await LocalPostgresServer.EnsureAsync(LocalPostgresOptions.ForCheckout() with { Cluster = "test-tls-postgres", Disposable = true, AdminConnection = null }, ct);
        }
        catch (PostgresUnavailableException e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip(e.Message);
        }

        _admin = NpgsqlDataSource.Create(_server!.AdminConnection);
        var (certificate, key) = MakeCertificate();
        await WriteToDataFolderAsync("server.crt", certificate, ct);
        await WriteToDataFolderAsync("server.key", key, ct);
        await ExecuteAsync($"CREATE ROLE reader LOGIN PASSWORD '{Password}'", ct);
        await ExecuteAsync("CREATE TABLE things (id bigint PRIMARY KEY); INSERT INTO things VALUES (1), (2); GRANT SELECT ON things TO reader", ct);
        await ExecuteAsync("ALTER SYSTEM SET ssl = on", ct);
        await ReloadAsync("TLSv1.3", ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_admin is not null) await _admin.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Lets the server speak nothing newer from now on.</summary>
    internal async Task SpeakAtMostAsync(string version, CancellationToken ct)
    {
        await ExecuteAsync($"ALTER SYSTEM SET ssl_max_protocol_version = '{version}'", ct);
        await ReloadAsync(version, ct);
    }

    /// <summary><c>connection_params</c> of a source there.</summary>
    internal object Parameters(string host, string tls) => new { driver = "postgresql", host, port = Address.Port, database = Address.Database, username = "reader", password = Password, tls };

    internal SourceConnection Connection(string host, string tls) => new("postgresql", JsonSerializer.SerializeToElement(Parameters(host, tls)));

    /// <summary>The same with further members.</summary>
    internal SourceConnection Connection(string host, string tls, params (string Name, string Value)[] more)
    {
        var parameters = JsonSerializer.SerializeToNode(Parameters(host, tls))!.AsObject();
        foreach (var (name, value) in more) parameters[name] = value;
        return new SourceConnection("postgresql", JsonSerializer.SerializeToElement(parameters));
    }

    /// <summary>A certificate and key of the server's own authority as PEM.</summary>
    internal (string Certificate, string Key) ClientCertificate { get; private set; }

    /// <summary>Makes the login <c>by_certificate</c>, which needs a certificate of the authority on top of its password.</summary>
    internal async Task MakeLoginByCertificateAsync(CancellationToken ct)
    {
        await WriteToDataFolderAsync("authority.crt", await File.ReadAllTextAsync(AuthorityFile, ct), ct);
        await ExecuteAsync($"CREATE ROLE by_certificate LOGIN PASSWORD '{Password}' IN ROLE reader", ct);
        await ExecuteAsync("ALTER SYSTEM SET ssl_ca_file = 'authority.crt'", ct);
        await ExecuteAsync("COPY (SELECT line FROM (SELECT 0 AS n, 'hostssl all by_certificate all scram-sha-256 clientcert=verify-ca' AS line UNION ALL SELECT n, line FROM regexp_split_to_table(pg_read_file('pg_hba.conf'), E'\n') WITH ORDINALITY AS l(line, n)) AS lines ORDER BY n) TO PROGRAM 'cat > pg_hba.new && mv pg_hba.new pg_hba.conf'", ct);
        await ReloadAsync("TLSv1.3", ct);
    }

    private NpgsqlConnectionStringBuilder Address => new(_server!.AdminConnection);

    private (string Certificate, string Key) MakeCertificate()
    {
        var (from, to) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = new CertificateRequest("CN=An authority for tests", authorityKey, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = asked.CreateSelfSigned(from, to);
        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = new CertificateRequest("CN=reader", clientKey, HashAlgorithmName.SHA256).Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
        ClientCertificate = (client.ExportCertificatePem(), clientKey.ExportPkcs8PrivateKeyPem());
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The server itself writes it, so that it is its own and nobody else's, whoever it runs as and wherever.</summary>
    private Task WriteToDataFolderAsync(string name, string pem, CancellationToken ct)
        => ExecuteAsync($"COPY (SELECT unnest(string_to_array('{pem}', chr(10)))) TO PROGRAM 'umask 077; cat > {name}'", ct);

    /// <summary>Returns once new sessions get this version of TLS.</summary>
    private async Task ReloadAsync(string version, CancellationToken ct)
    {
        await ExecuteAsync("SELECT pg_reload_conf()", ct);
        var admin = new NpgsqlConnectionStringBuilder(_server!.AdminConnection) { SslMode = SslMode.Require, Pooling = false };
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var session = new NpgsqlConnection(admin.ConnectionString);
                await session.OpenAsync(ct);
                await using var command = new NpgsqlCommand("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", session);
                if ((string?)await command.ExecuteScalarAsync(ct) == version) return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(120))
            {
                // not yet
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(120), $"The server does not speak {version}.");
            await Task.Delay(50, ct);
        }
    }

    internal async Task<string> ScalarAsync(string sql, CancellationToken ct)
    {
        await using var command = _admin.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    internal async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = _admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }
}
