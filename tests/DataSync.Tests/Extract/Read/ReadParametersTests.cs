using System.Text.Json;
using DataSync.Extract.Read;

namespace DataSync.Tests.Extract.Read;

public class ReadParametersTests
{
    [Theory]
    [InlineData("""{"query":"SELECT 1"}"""), InlineData("""{"table":"t","row_limit":1}"""), InlineData("""{"table":"t","query":null,"parameters":null}""")]
    [InlineData("""{"query":"SELECT @a","parameters":{"a":null,"b_1":"x","c":1.5,"d":true}}"""), InlineData("""{"table":"t","primary_key":["a","b"],"cursor_field":"c","change_tracking":"auto"}""")]
    public void Validate_good_parameters_have_no_fault(string json) => Assert.Empty(Faults(json));

    [Theory]
    [InlineData("[]", "/p", "faults.read.object")]
    [InlineData("{}", "/p", "faults.read.query_or_table")]
    [InlineData("""{"query":"SELECT 1","table":"t"}""", "/p", "faults.read.query_or_table")]
    [InlineData("""{"query":" "}""", "/p/query", "faults.read.query")]
    [InlineData("""{"query":"SELECT '\u0000'"}""", "/p/query", "faults.read.query")]
    [InlineData("""{"query":"SELECT '\ud800'"}""", "/p/query", "faults.read.query")]
    [InlineData("""{"table":1}""", "/p/table", "faults.read.name")]
    [InlineData("""{"table":"t","row_limit":0}""", "/p/row_limit", "faults.read.row_limit")]
    [InlineData("""{"table":"t","row_limit":1.5}""", "/p/row_limit", "faults.read.row_limit")]
    [InlineData("""{"table":"t","row_limit":"1"}""", "/p/row_limit", "faults.read.row_limit")]
    [InlineData("""{"table":"t","parameters":{"a":1}}""", "/p/parameters", "faults.read.parameters_without_query")]
    [InlineData("""{"query":"q","parameters":[]}""", "/p/parameters", "faults.read.parameters")]
    [InlineData("""{"query":"q","parameters":{"1a":1}}""", "/p/parameters/1a", "faults.read.parameter_name")]
    [InlineData("""{"query":"q","parameters":{"a/b":1}}""", "/p/parameters/a~1b", "faults.read.parameter_name")]
    [InlineData("""{"query":"q","parameters":{"a":{}}}""", "/p/parameters/a", "faults.read.parameter_value")]
    [InlineData("""{"query":"q","parameters":{"a":[1]}}""", "/p/parameters/a", "faults.read.parameter_value")]
    [InlineData("""{"query":"q","parameters":{"a":"\u0000"}}""", "/p/parameters/a", "faults.read.parameter_value")]
    [InlineData("""{"table":"t","primary_key":[]}""", "/p/primary_key", "faults.read.primary_key")]
    [InlineData("""{"table":"t","primary_key":["a","a"]}""", "/p/primary_key", "faults.read.primary_key")]
    [InlineData("""{"table":"t","change_tracking":"on"}""", "/p/change_tracking", "faults.read.change_tracking")]
    [InlineData("""{"table":"t","limit":1}""", "/p/limit", "faults.read.unknown")]
    public void Validate_each_fault_is_named_at_its_place(string json, string path, string key)
        => Assert.Equal((path, key), Assert.Single(Faults(json).Select(f => (f.Path, f.MessageKey))));

    [Fact]
    public void Validate_names_every_fault_at_once()
        => Assert.Equal(4, Faults("""{"query":1,"table":2,"row_limit":-1,"extra":0}""").Count - 1);

    [Fact]
    public void Request_a_limit_counts_what_was_read_before()
    {
        var parameters = ReadParameters.Read(JsonDocument.Parse("""{"table":"t","row_limit":10}""").RootElement);
        Assert.Equal(7, parameters.Request(1000, TimeSpan.FromSeconds(1), 3, default).RowLimit);
        Assert.Equal(0, parameters.Request(1000, TimeSpan.FromSeconds(1), 11, default).RowLimit);
    }

    private static List<DataSync.Pipeline.Failures.Fault> Faults(string json)
        => [.. ReadParametersValidation.Validate(JsonDocument.Parse(json).RootElement, "/p")];
}
