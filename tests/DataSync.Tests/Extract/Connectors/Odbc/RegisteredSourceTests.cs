using DataSync.Extract.Connectors.Odbc.Gate;

namespace DataSync.Tests.Extract.Connectors.Odbc;

public class RegisteredSourceTests
{
    private const string Postgres = "psqlodbcw.so", MariaDb = "libmaodbc.so";

    [Theory]
    [InlineData(Postgres, "Servername=db.example|Port=5433", "db.example:5433"), InlineData(Postgres, "servername=db.example", "db.example:5432"), InlineData(Postgres, "Servername=fd00::1|pqopt=sslrootcert=/ca.pem", "fd00::1:5432")]
    [InlineData(MariaDb, "SERVER=db.example", "db.example:3306"), InlineData(MariaDb, "ServerName=10.0.0.1|Port=3307", "10.0.0.1:3307"), InlineData(MariaDb, "SERVER=localhost|TCPIP=1", "localhost:3306"), InlineData(MariaDb, "SERVER=db|PORT=0|OPTION=67108864", "db:3306")]
    public void Server_is_the_one_that_the_attributes_name(string library, string attributes, string expected)
    {
        var (host, port) = Of(library, attributes).Server()!.Value;
        Assert.Equal(expected, $"{host}:{port}");
    }

    /// <summary>None, several, a socket, a file of settings, another way of the driver's to say it, another driver.</summary>
    [Theory]
    [InlineData(Postgres, ""), InlineData(Postgres, "Servername=/run/postgresql"), InlineData(Postgres, "Servername=@socket"), InlineData(Postgres, "Servername=a,b"), InlineData(Postgres, "Servername=db|Port=5432,5433"), InlineData(Postgres, "Servername=db|Port=x")]
    [InlineData(Postgres, "Servername=db|pqopt=hostaddr=10.0.0.1"), InlineData(Postgres, "Servername=db|PQOPT={sslmode=require HOST = inner}"), InlineData(Postgres, "Servername=db|pqopt=service=x"), InlineData(Postgres, "Servername=db|pqopt=port=1")]
    [InlineData(MariaDb, ""), InlineData(MariaDb, "SERVER=localhost"), InlineData(MariaDb, "SERVER=db|SOCKET=/run/s"), InlineData(MariaDb, "SERVER=db|SERVERNAME=other"), InlineData(MariaDb, "SERVER=db|USE_MYCNF=1"), InlineData(MariaDb, "SERVER=db|OPTIONS=65537"), InlineData(MariaDb, "SERVER=a,b")]
    [InlineData("libtdsodbc.so", "Server=db|Port=1433"), InlineData("libmyodbc8w.so", "SERVER=db"), InlineData("", "SERVER=db")]
    public void Server_that_is_not_told_clearly_is_none(string library, string attributes) => Assert.Null(Of(library, attributes).Server());

    [Fact]
    public void At_changes_nothing_but_where_the_driver_dials_and_the_encoding()
    {
        var postgres = Of(Postgres, "Driver=P|Servername=db.example|Port=5433|SSLmode=verify-full|pqopt=sslrootcert=/ca.pem");
        Assert.Equal("Driver=P|Port=4000|SSLmode=verify-full|Servername=db.example|pqopt=sslrootcert=/ca.pem hostaddr=127.0.0.1", Text(postgres.At(4000, isExcepted: true)));
        Assert.Equal("Driver=P|Port=4000|SSLmode=verify-full|Servername=db.example|pqopt=sslrootcert=/ca.pem hostaddr=127.0.0.1 ssl_min_protocol_version=TLSv1.3", Text(postgres.At(4000, isExcepted: false)));
        Assert.Equal("Driver=P|Port=4000|SSLmode=verify-ca|Servername=db|pqopt=ssl_min_protocol_version=TLSv1.2 hostaddr=127.0.0.1", Text(Of(Postgres, "Driver=P|Servername=db|SSLmode=verify-ca|pqopt=ssl_min_protocol_version=TLSv1.2").At(4000, isExcepted: false)));
        var maria = Of(MariaDb, "Driver=M|servername=db.example|DATABASE=shop|FORCETLS=1|charset=latin1").At(4000, isExcepted: false);
        Assert.Equal("DATABASE=shop|Driver=M|FORCETLS=1|PORT=4000|SERVER=127.0.0.1|TCPIP=1|charset=utf8mb4", Text(maria));
    }

    [Theory]
    [InlineData(Postgres, "Servername=db|SSLmode=verify-full", "full"), InlineData(Postgres, "Servername=db|sslmode=Verify-CA", "ca"), InlineData(Postgres, "Servername=db|SSLmode=require", "none"), InlineData(Postgres, "Servername=db", "none")]
    [InlineData(Postgres, "Servername=db|SSLmode=verify-full|pqopt=sslmode = disable", "none"), InlineData(MariaDb, "SERVER=db|SSLVERIFY=1", "full"), InlineData(MariaDb, "SERVER=db|FORCETLS=1", "none"), InlineData(MariaDb, "SERVER=db|SSLVERIFY=yes|SSLCA=/ca.pem", "none"), InlineData(MariaDb, "SERVER=db|SSLVERIFY=true", "none"), InlineData("other.so", "SSLmode=verify-full", "none")]
    public void Verification_is_what_the_driver_is_told(string library, string attributes, string expected) => Assert.Equal(expected, Of(library, attributes).Verification);

    [Fact]
    public void Strict_leaves_no_way_without_tls()
    {
        Assert.Equal("CHARSET=utf8mb4|FORCETLS=1|SERVER=db|SSLCA=/ca.pem|SSLVERIFY=1|TLSVERSION=TLSv1.3", Text(Of(MariaDb, "SERVER=db|SSLVERIFY=1|SSLCA=/ca.pem|FORCETLS=0").Strict(isExcepted: false)));
        Assert.Equal("CHARSET=utf8mb4|FORCETLS=1|SERVER=db|SSLVERIFY=1", Text(Of(MariaDb, "SERVER=db|SSLVERIFY=1").Strict(isExcepted: true)));
    }

    /// <summary>The driver looks at <c>TLSVERSION</c> only where an authority, a certificate or ciphers are given.</summary>
    [Theory]
    [InlineData("SERVER=db|SSLVERIFY=1", false, "TLSv1.3"), InlineData("SERVER=db|SSLVERIFY=1|SSLCA=|TLSVERSION=TLSv1.2", true, "TLSv1.2")]
    public void Strict_has_the_driver_look_at_the_version(string attributes, bool isExcepted, string version)
    {
        var given = Of(MariaDb, attributes).Strict(isExcepted);
        Assert.Equal((version, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"), (given["TLSVERSION"], given["SSLCIPHER"]));
    }

    [Theory]
    [InlineData("SERVER=db", false, false), InlineData("SERVER=db|SSLVERIFY=yes", false, false), InlineData("SERVER=db|SSLVERIFY=1", true, false), InlineData("SERVER=db|STREAMRS=1", false, true), InlineData("SERVER=db|OPTION=1048576", false, true), InlineData("SERVER=db|SSLVERIFY=0|NO_CACHE=0", false, false)]
    public void NeedsName_and_IsStreamed_follow_the_attributes(string attributes, bool needsName, bool isStreamed)
    {
        var source = Of(MariaDb, attributes);
        Assert.Equal((needsName, isStreamed), (source.NeedsName, source.IsStreamed));
    }

    private static string Text(IReadOnlyDictionary<string, string> attributes) => string.Join('|', attributes.Select(a => $"{a.Key}={a.Value}").Order(StringComparer.Ordinal));

    private static RegisteredSource Of(string library, string attributes) => new(
        "s", library, attributes.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => a[1], StringComparer.OrdinalIgnoreCase));
}
