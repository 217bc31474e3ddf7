using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas;

namespace DataSync.Tests.Documents.Schemas;

/// <summary>What each keyword lets through and what it refuses, in the places in which validators differ from what JSON Schema says.</summary>
public class CompiledSchemaTests
{
    /// <summary>The schema, what it must let through, and what it must refuse; several by blanks of four.</summary>
    [Theory]
    [InlineData("""{"type":"integer"}""", "1    1.0    1e2    100e-2    -0.0    123456789012345678901234567890123456789012    1e400", "1.5    1e-1    1e-400    \"1\"    true    123456789012345678901234567890123456789012.5")]
    [InlineData("""{"type":["string","null"]}""", "\"a\"    null", "1    {}")]
    [InlineData("""{"enum":[1,"a",null,{"a":[1,"1"]}]}""", "1    1.0    10e-1    \"a\"    \"\\u0061\"    null    {\"a\":[1.0,\"1\"]}", "\"1\"    \"A\"    false    {\"a\":[1,1]}    {\"a\":[1,\"1\"],\"b\":1}")]
    [InlineData("""{"enum":[9007199254740993]}""", "9007199254740993", "9007199254740992")]
    [InlineData("""{"const":{"a":1,"b":2}}""", "{\"b\":2.0,\"a\":1}", "{\"a\":1}    {\"a\":1,\"c\":2}")]
    [InlineData("""{"const":false}""", "false", "0    null")]
    [InlineData("""{"minimum":1.1}""", "1.1    2    1.10000000000000000000000000000000000000001    1e999999999999    \"0\"    null", "1    1.0999999999999999999999999999999999999    -1e999999999999    0")]
    [InlineData("""{"maximum":18446744073709551615}""", "18446744073709551615    0    -3", "18446744073709551616    1844674407370955161.6e1")]
    [InlineData("""{"exclusiveMinimum":0}""", "1e-999999999999    0.5", "0    -0.0    0e5    -1")]
    [InlineData("""{"exclusiveMaximum":-2.5}""", "-2.51    -3", "-2.5    -2.50    -2.49    0")]
    [InlineData("""{"minimum":2,"exclusiveMinimum":true}""", "3    2.1", "2    1")]
    [InlineData("""{"maximum":2,"exclusiveMaximum":false}""", "2", "2.1")]
    [InlineData("""{"multipleOf":0.01}""", "19.99    0    4.02    123456789012345678901234567890.99    1e400    -0.01", "0.075    123456789012345678901234567890.995    1e-400")]
    [InlineData("""{"multipleOf":1e-8}""", "12391239123    1e308", "1e-9    1.000000001")]
    [InlineData("""{"multipleOf":7}""", "49    0.7e1    7e1000000000    1001", "50    1e1000000000    0.7")]
    [InlineData("""{"minLength":2}""", "\"ab\"    1    [1]", "\"a\"    \"\\ud83d\\ude00\"    \"😀\"    \"\\n\"")]
    [InlineData("""{"maxLength":1}""", "\"a\"    \"\\ud83d\\ude00\"    \"😀\"    \"é\"    \"\\u00e9\"    \"\\ud83d\"    \"\\\\\"", "\"ab\"    \"e\\u0301\"    \"\\ud83d\\ud83d\"    \"\\ud83da\"")]
    [InlineData("""{"minItems":1,"maxItems":2}""", "[1]    [1,2]    {}    \"\"", "[]    [1,2,3]")]
    [InlineData("""{"minProperties":1,"maxProperties":2}""", "{\"a\":1}    []", "{}    {\"a\":1,\"b\":2,\"c\":3}")]
    [InlineData("""{"uniqueItems":true}""", "[1,2]    [\"1\",1]    [1,true]    [0,false]    [9007199254740993,9007199254740992]    [{\"a\":1},{\"a\":2}]    [[1],[[1]]]    []    1", "[1,1.0]    [{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]    [\"a\",\"\\u0061\"]    [[1],[10e-1]]    [null,1,null]")]
    [InlineData("""{"required":["a","ä"]}""", "{\"a\":null,\"ä\":1}    {\"a\":1,\"\\u00e4\":1}    []    \"a\"    3", "{}    {\"a\":1}")]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", "{\"a\":\"x\"}    {}    1    [1]    {\"b\":1}", "{\"a\":1}    {\"\\u0061\":1}    {\"a\":1,\"a\":\"x\"}")]
    [InlineData("""{"properties":{"a":{}},"patternProperties":{"^x":{"type":"integer"},"y$":{"minimum":3}},"additionalProperties":{"type":"boolean"}}""", "{\"a\":\"?\",\"x\":1,\"xy\":3,\"other\":true}    []", "{\"x\":1.5}    {\"xy\":2}    {\"other\":1}")]
    [InlineData("""{"patternProperties":{"^.$":false}}""", "{\"ab\":1}    {}", "{\"a\":1}    {\"\\ud83d\\ude00\":1}")]
    [InlineData("""{"additionalProperties":false}""", "{}    [1]", "{\"a\":1}")]
    [InlineData("""{"propertyNames":{"maxLength":1}}""", "{\"a\":1,\"😀\":1}    {}    \"ab\"", "{\"ab\":1}")]
    [InlineData("""{"dependencies":{"a":["b"],"c":{"minProperties":2}}}""", "{\"a\":1,\"b\":1}    {\"b\":1}    {\"c\":1,\"d\":1}    1", "{\"a\":1}    {\"c\":1}")]
    [InlineData("""{"dependentRequired":{"a":["b"]},"dependentSchemas":{"c":{"maxProperties":1}}}""", "{\"a\":1,\"b\":1}    {\"c\":1}", "{\"a\":1}    {\"c\":1,\"d\":1}")]
    [InlineData("""{"items":{"type":"string"}}""", "[\"a\"]    []    {\"0\":1}", "[1]    [\"a\",null]")]
    [InlineData("""{"items":[{"type":"string"},{"type":"integer"}],"additionalItems":{"type":"null"}}""", "[\"a\",1,null]    [\"a\"]", "[1]    [\"a\",1,1]")]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":false}""", "[\"a\"]    []", "[1]    [\"a\",1]")]
    [InlineData("""{"contains":{"type":"integer"}}""", "[\"a\",1]    1", "[]    [\"a\"]")]
    [InlineData("""{"contains":{"type":"integer"},"minContains":2,"maxContains":3}""", "[1,2]    [1,\"a\",2,3]", "[1]    [1,2,3,4]")]
    [InlineData("""{"contains":{"type":"integer"},"minContains":0}""", "[]    [\"a\"]    [1]", "")]
    [InlineData("""{"not":{"type":"string"}}""", "1", "\"a\"")]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":3}]}""", "2", "4    0")]
    [InlineData("""{"anyOf":[{"type":"string"},{"maximum":3}]}""", "\"a\"    3", "4")]
    [InlineData("""{"oneOf":[{"minimum":1},{"maximum":3}]}""", "0    4", "2    \"a\"")]
    [InlineData("""{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}""", "{\"a\":1,\"b\":1}    {\"c\":1}    1", "{\"a\":1}    {}    {\"b\":1}")]
    [InlineData("""{"properties":{"a":true,"b":false}}""", "{\"a\":1}", "{\"b\":1}")]
    [InlineData("""{"properties":{"next":{"$ref":"#"}},"additionalProperties":false}""", "{\"next\":{\"next\":{}}}", "{\"next\":{\"last\":1}}")]
    [InlineData("""{"$ref":"#/definitions/a~1b%25c","definitions":{"a/b%c":{"type":"string"}}}""", "\"a\"", "1")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/a","minLength":2,"$defs":{"a":{"type":"string"}}}""", "\"ab\"", "1    \"a\"")]
    public void Keyword_refuses_what_it_must_and_nothing_else(string schema, string good, string bad)
    {
        var compiled = Of(schema);
        foreach (var record in good.Split("    ", StringSplitOptions.RemoveEmptyEntries)) Assert.Null(compiled.Differs(Encoding.UTF8.GetBytes(record)));
        foreach (var record in bad.Split("    ", StringSplitOptions.RemoveEmptyEntries)) Assert.True(compiled.Differs(Encoding.UTF8.GetBytes(record)) is not null, record);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"items":{"properties":{"b":{"type":"string"}}}}}}""", """{"a":[{},{"b":1}]}""", "#/a[1].b")]
    [InlineData("""{"items":{"type":"string"}}""", """["a",1]""", "#/[1]")]
    [InlineData("""{"properties":{"a":{"required":["b"]}}}""", """{"a":{}}""", "#/a.b")]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string"}}}]}""", """{"a":1}""", "#/a")]
    [InlineData("""{"properties":{"a":{"anyOf":[{"required":["b"]},{"required":["c"]}]}}}""", """{"a":{}}""", "#/a")]
    [InlineData("""{"if":{"required":["a"]},"then":{"properties":{"c":{"type":"string"}}},"else":{"properties":{"c":{"type":"integer"}}}}""", """{"c":"x"}""", "#/c")]
    [InlineData("""{"contains":{"required":["b"]}}""", """[{"a":1}]""", "#")]
    [InlineData("""{"properties":{".a":{"type":"string"}}}""", """{".a":1}""", "#/.a")]
    public void Place_is_told_where_the_record_differs(string schema, string record, string place) => Assert.Equal(place, Of(schema).Differs(Encoding.UTF8.GetBytes(record)));

    /// <summary>Neither a record's numbers nor its depth, nor ways that double at each level, nor many equal hashes cost more than a moment.</summary>
    [Fact]
    public void Records_made_to_be_costly_are_given_up()
    {
        var began = Stopwatch.GetTimestamp();
        Assert.Equal("#", Of("""{"anyOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}],"not":{"const":1}}""").Differs(Encoding.UTF8.GetBytes(Nested(60, "1"))));
        Assert.NotNull(Of("""{"pattern":"^(a+)+$"}""").Differs(Encoding.UTF8.GetBytes($"\"{new string('a', 50_000)}b\"")));
        Assert.NotNull(Of("""{"multipleOf":7}""").Differs(Encoding.UTF8.GetBytes("1e2000000000")));
        Assert.NotNull(Of("""{"multipleOf":0.01}""").Differs(Encoding.UTF8.GetBytes("1e-2000000000")));
        Assert.NotNull(Of("""{"multipleOf":123456789012345678901234567890}""").Differs(Encoding.UTF8.GetBytes(new string('9', 100_000))));
        Assert.Null(Of("""{"uniqueItems":true}""").Differs(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 50_000))}]")));
        Assert.NotNull(Of("""{"type":"integer"}""").Differs(Encoding.UTF8.GetBytes("1e-99999999999999999999999999")));
        Assert.Null(Of("""{"items":{"$ref":"#"}}""").Differs(Encoding.UTF8.GetBytes(Nested(511, "1"))));
        Assert.ThrowsAny<JsonException>(() => Of("{}").Differs(Encoding.UTF8.GetBytes(Nested(513, "1"))));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
    }

    /// <summary>A million looks at one long text, or at a member of one large object, are not a million steps.</summary>
    [Theory]
    [InlineData("""{"properties":{"text":{"minLength":1}}}"""), InlineData("""{"properties":{"text":{"format":"uri"}}}"""), InlineData("""{"required":["text"]}"""), InlineData("""{"properties":{"n":{"multipleOf":3}}}"""), InlineData("""{"properties":{"n":{"type":"integer"}}}""")]
    public void Long_values_that_are_looked_at_again_and_again_are_given_up(string often)
    {
        var again = string.Join(',', Enumerable.Repeat("""{"$ref":"#/definitions/often"}""", 1000));
        var schema = Of($$$"""{"allOf":[{{{again.Replace("often", "middle", StringComparison.Ordinal)}}}],"definitions":{"middle":{"allOf":[{{{again}}}]},"often":{{{often}}}}}""");
        var others = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"\"{i}\":0,"));
        Assert.Equal("#", schema.Differs(Encoding.UTF8.GetBytes($$"""{{{others}}"n":{{new string('3', 200_000)}},"text":"x:{{new string('x', 500_000)}}"}""")));
    }

    private static string Nested(int depth, string innermost) => new string('[', depth) + innermost + new string(']', depth);

    private static CompiledSchema Of(string schema)
    {
        var compiled = CompiledSchema.Compile(JsonElement.Parse(schema), "", out var faults);
        Assert.Empty(faults);
        return compiled!;
    }
}
