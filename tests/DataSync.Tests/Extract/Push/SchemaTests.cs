using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Payloads;
using DataSync.Extract.Push.Schema;

namespace DataSync.Tests.Extract.Push;

public class SchemaTests
{
    private const string Order = """
        {"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["id"],"additionalProperties":false,
         "properties":{"id":{"type":"integer","minimum":1},"state":{"enum":["new","paid"]},"lines":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/line"}},"at":{"type":"string","format":"date-time"}},
         "definitions":{"line":{"type":"object","required":["sku"],"properties":{"sku":{"type":"string","pattern":"^[A-Z]+-[0-9]{1,6}$"},"price":{"type":"number","exclusiveMinimum":0}}}}}
        """;

    [Theory]
    [InlineData("""{"id":1}""", null)]
    [InlineData("""{"id":9223372036854775807,"state":"paid","lines":[{"sku":"A-1","price":0.01}],"at":"2026-01-31T08:00:00Z"}""", null)]
    [InlineData("""{"id":0}""", "#/id")]
    [InlineData("""{"id":1.5}""", "#/id")]
    [InlineData("""{}""", "#/id")]
    [InlineData("""{"id":1,"other":2}""", "#/other")]
    [InlineData("""{"id":1,"state":"old"}""", "#/state")]
    [InlineData("""{"id":1,"lines":[]}""", "#/lines")]
    [InlineData("""{"id":1,"lines":[{"sku":"A-1"},{"sku":"a"}]}""", "#/lines[1].sku")]
    [InlineData("""{"id":1,"lines":[{"sku":"A-1","price":0}]}""", "#/lines[0].price")]
    [InlineData("""[1]""", "#")]
    public void Record_is_refused_where_it_differs(string record, string? field)
    {
        Assert.Empty(SchemaValidation.Validate(JsonElement.Parse(Order), ""));
        Assert.Equal(field, RecordSchema.Read(Order).Refuse(Encoding.UTF8.GetBytes(record))?.Field);
    }

    [Theory]
    [InlineData("""{"$ref":"http://127.0.0.1:1/schema.json"}""")]
    [InlineData("""{"properties":{"a":{"$ref":"file:///etc/passwd"}}}""")]
    [InlineData("""{"properties":{"a":{"$ref":"other.json#/a"}}}""")]
    [InlineData("""{"if":{"type":"object"}}""")]
    [InlineData("""{"const":1}""")]
    [InlineData("""{"patternProperties":{"^(a+)+$":{}}}""")]
    [InlineData("""{"properties":{"a":{"pattern":"(?=a)b"}}}""")]
    [InlineData("""{"properties":{"a":{"pattern":"("}}}""")]
    [InlineData("""{"items":[{"type":"string"}]}""")]
    [InlineData("[]")]
    [InlineData("\"{}\"")]
    public void Schema_that_would_be_fetched_for_or_passed_over_is_refused(string schema) => Assert.NotEmpty(SchemaValidation.Validate(JsonElement.Parse(schema), ""));

    [Theory]
    [InlineData("""{"a":[1,{"b":null}]}""", null)]
    [InlineData("", "invalid_json")]
    [InlineData("{} {}", "invalid_json")]
    [InlineData("""{"a":1""", "invalid_json")]
    public void Payload_is_json_or_refused_as_a_whole(string payload, string? code) => Assert.Equal(code, PayloadFault.Of(Encoding.UTF8.GetBytes(payload))?.Code);

    [Fact]
    public void Payload_nested_too_deeply_or_in_another_encoding_is_refused_as_a_whole()
    {
        Assert.Equal("too_deep", PayloadFault.Of(Encoding.UTF8.GetBytes(new string('[', 100_000) + new string(']', 100_000)))?.Code);
        Assert.Equal("invalid_text", PayloadFault.Of([(byte)'"', 0xff, (byte)'"'])?.Code);
    }
}
