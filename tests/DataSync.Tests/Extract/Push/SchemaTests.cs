using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Payloads;
using DataSync.Extract.Push.Schema;
using DataSync.Pipeline.Failures;

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
    [InlineData("""{"id":18446744073709551615}""", null)]
    [InlineData("""{"id":-18446744073709551615}""", "#/id")]
    [InlineData("""[1]""", "#")]
    [InlineData("""{"id\ud800":1}""", "#/id")]
    public void Record_is_refused_where_it_differs(string record, string? field)
    {
        Assert.Empty(SchemaValidation.Validate(JsonElement.Parse(Order), ""));
        Assert.Equal(field, RecordSchema.Read(Order).Refuse(Encoding.UTF8.GetBytes(record))?.Field);
    }

    /// <summary>What is refused grows with time, and a stored schema stays: its jobs say where, and go on once it is corrected.</summary>
    [Fact]
    public void Read_of_a_schema_that_is_refused_by_now_names_the_place()
    {
        var failure = Assert.Throws<SyncFailureException>(() => RecordSchema.Read("""{"properties":{"a":{"pattern":"("}}}""")).Failure;
        Assert.Equal(("errors.extraction.schema_refused", "/extraction_params/schema/properties/a/pattern", FailureKind.Permanent), (failure.MessageKey, failure.Params!["path"], failure.Kind));
    }

    [Theory]
    [InlineData("""{"$ref":"http://127.0.0.1:1/schema.json"}""", "/$ref faults.webhook.schema_reference")]
    [InlineData("""{"properties":{"a":{"$ref":"file:///etc/passwd"}}}""", "/properties/a/$ref faults.webhook.schema_reference")]
    [InlineData("""{"properties":{"a":{"$ref":"other.json#/a"}}}""", "/properties/a/$ref faults.webhook.schema_reference")]
    [InlineData("""{"$ref":"#/definitions/nobody"}""", "/$ref faults.webhook.schema_reference")]
    [InlineData("""{"$ref":"#/title","title":"no schema"}""", "/$ref faults.webhook.schema_reference")]
    [InlineData("""{"allOf":[{"$ref":"#"}]}""", "/allOf/0/$ref faults.webhook.schema_endless")]
    [InlineData("""{"properties":{"a":{"$ref":"#/definitions/b","minLength":3}},"definitions":{"b":{}}}""", "/properties/a/minLength faults.webhook.schema_beside_reference")]
    [InlineData("""{"patternProperties":{"(?=a)b":{}}}""", "/patternProperties faults.webhook.schema_pattern")]
    [InlineData("""{"properties":{"a":{"pattern":"(?=a)b"}}}""", "/properties/a/pattern faults.webhook.schema_pattern")]
    [InlineData("""{"properties":{"a":{"pattern":"("}}}""", "/properties/a/pattern faults.webhook.schema_pattern")]
    [InlineData("""{"properties":{"a":{"format":"iri-reference"}}}""", "/properties/a/format faults.one_of")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-03/schema#"}""", "/$schema faults.webhook.schema_draft")]
    [InlineData("""{"properties":{"a":{"$id":"http://elsewhere/a"}}}""", "/properties/a/$id faults.webhook.schema_keyword")]
    [InlineData("""{"requierd":["id"]}""", "/requierd faults.webhook.schema_keyword")]
    [InlineData("""{"unevaluatedProperties":false}""", "/unevaluatedProperties faults.webhook.schema_keyword")]
    [InlineData("""{"minContains":1}""", "/minContains faults.webhook.schema_keyword")]
    [InlineData("""{"then":{}}""", "/then faults.webhook.schema_keyword")]
    [InlineData("""{"items":{},"additionalItems":false}""", "/additionalItems faults.webhook.schema_keyword")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","prefixItems":[{}]}""", "/prefixItems faults.webhook.schema_keyword")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#","const":1}""", "/const faults.webhook.schema_keyword")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","minimum":1,"exclusiveMinimum":true}""", "/exclusiveMinimum faults.webhook.schema_value")]
    [InlineData("""{"type":"nonsense"}""", "/type faults.one_of")]
    [InlineData("""{"type":["string","string"]}""", "/type faults.webhook.schema_value")]
    [InlineData("""{"type":[]}""", "/type faults.one_of")]
    [InlineData("""{"minLength":-1}""", "/minLength faults.webhook.schema_value")]
    [InlineData("""{"maxItems":1.5}""", "/maxItems faults.webhook.schema_value")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf faults.webhook.schema_value")]
    [InlineData("""{"minimum":"1"}""", "/minimum faults.webhook.schema_value")]
    [InlineData("""{"required":"id"}""", "/required faults.webhook.schema_value")]
    [InlineData("""{"enum":[]}""", "/enum faults.webhook.schema_value")]
    [InlineData("""{"anyOf":[]}""", "/anyOf faults.webhook.schema_value")]
    [InlineData("""{"uniqueItems":1}""", "/uniqueItems faults.webhook.schema_value")]
    [InlineData("""{"properties":{"a":3}}""", "/properties/a faults.webhook.schema_part")]
    [InlineData("[]", " faults.webhook.schema")]
    [InlineData("\"{}\"", " faults.webhook.schema")]
    public void Schema_that_cannot_be_honoured_is_refused_where_it_cannot(string schema, string expected)
        => Assert.Equal([expected], SchemaValidation.Validate(JsonElement.Parse(schema), "").Select(f => $"{f.Path} {f.MessageKey}"));

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
