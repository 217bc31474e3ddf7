using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Network;

namespace DataSync.Tests.Extract.Connectors;

public class ServerParametersValidationTests
{
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

    private static List<DataSync.Pipeline.Failures.Fault> Faults(string json)
        => [.. new ServerParametersValidation(new ExtractOptions { TlsExceptions = "Old.Example.com, 10.1.0.0/16" }, longestName: 63).Validate(JsonDocument.Parse(json).RootElement)];
}
