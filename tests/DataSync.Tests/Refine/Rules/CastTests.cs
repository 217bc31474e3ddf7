namespace DataSync.Tests.Refine.Rules;

public class CastTests
{
    [Theory]
    [InlineData("string", "12.50", "\"12.50\"")]
    [InlineData("string", "true", "\"true\"")]
    [InlineData("string", "{\"a\":[1.0]}", "\"{\\\"a\\\":[1.0]}\"")]
    [InlineData("string", "null", "null")]
    [InlineData("integer", "\" 007 \"", "7")]
    [InlineData("integer", "12.0", "12")]
    [InlineData("integer", "\"-9223372036854775808\"", "-9223372036854775808")]
    [InlineData("integer", "true", "1")]
    [InlineData("integer", "1e3", "1000")]
    [InlineData("number", "\"0.10000000000000000000000000000000001\"", "0.10000000000000000000000000000000001")]
    [InlineData("number", "\"+05.\"", "5")]
    [InlineData("number", "\"-.5e3\"", "-0.5e3")]
    [InlineData("number", "\"1.e3\"", "1e3")]
    [InlineData("decimal", "\"12.50\"", "12.50")]
    [InlineData("decimal", "1.5e2", "150")]
    [InlineData("boolean", "\"TRUE\"", "true")]
    [InlineData("boolean", "0", "false")]
    [InlineData("date", "\"20240229\"", "\"2024-02-29\"")]
    [InlineData("date", "\"2024-02-29T00:00:00.000Z\"", "\"2024-02-29\"")]
    [InlineData("datetime", "\"2024-02-29 23:59:59.1234567890+0530\"", "\"2024-02-29T23:59:59.1234567890+05:30\"")]
    [InlineData("datetime", "\"2024-02-29\"", "\"2024-02-29T00:00:00\"")]
    [InlineData("datetime", "\"2024-02-29 07:05+00\"", "\"2024-02-29T07:05:00+00:00\"")]
    [InlineData("json", "\" {\\\"a\\\":1.00} \"", "{\"a\":1.00}")]
    [InlineData("json", "\"null\"", "null")]
    public async Task Cast_of_a_value_that_fits_keeps_it_exact(string type, string value, string expected)
        => Assert.Equal($$"""{"a":{{expected}}}""", await CastAsync(type, value));

    [Theory]
    [InlineData("integer", "12.5")]
    [InlineData("integer", "9223372036854775808")]
    [InlineData("integer", "\"\"")]
    [InlineData("integer", "[1]")]
    [InlineData("number", "\"1,5\"")]
    [InlineData("number", "\"0x10\"")]
    [InlineData("number", "\"NaN\"")]
    [InlineData("decimal", "\"0.10000000000000000000000000000000001\"")]
    [InlineData("boolean", "2")]
    [InlineData("boolean", "\"yes\"")]
    [InlineData("date", "\"2023-02-29\"")]
    [InlineData("date", "\"2024-02-29T00:00:01\"")]
    [InlineData("date", "5")]
    [InlineData("datetime", "\"2024-02-29T24:00:00\"")]
    [InlineData("datetime", "\"2024-02-29T10:00:00+19:00\"")]
    [InlineData("datetime", "\"2024-02-29T\"")]
    [InlineData("json", "\"{\"")]
    [InlineData("json", "\"1 2\"")]
    [InlineData("json", "\"\"")]
    public async Task Cast_that_would_lose_something_fails(string type, string value)
        => Assert.Equal("SYNC_260|errors.rules.cast_failed|a", await CastAsync(type, value));

    [Fact]
    public async Task Cast_of_an_absent_field_does_nothing()
        => Assert.Equal("{}", await new RuleHarness().OneAsync(RuleHarness.Rule("""{"cast":{"a.b":"integer"}}"""), "{}"));

    private static Task<string> CastAsync(string type, string value)
        => new RuleHarness().OneAsync(RuleHarness.Rule($$$"""{"cast":{"a":"{{{type}}}"}}"""), $$"""{"a":{{value}}}""");
}
