using System.Text.Json;
using DataSync.Dev.Demo;

namespace DataSync.Tests.Dev;

public sealed class ExportComparisonTests
{
    [Fact]
    public void Compare_finds_nothing_when_the_same_records_come_in_another_order()
        => Assert.Null(ExportComparison.Compare(new() { ["a"] = 2, ["b"] = 1 }, ["a", "b", "a"]));

    [Theory]
    [InlineData("a")]
    [InlineData("a", "a", "b", "b")]
    [InlineData("a", "a", "c")]
    public void Compare_finds_a_missing_a_doubled_and_a_changed_record(params string[] exported)
        => Assert.NotNull(ExportComparison.Compare(new() { ["a"] = 2, ["b"] = 1 }, exported));

    [Theory]
    [InlineData("""{"a":1,"b":null}""", """{"b":null,"a":1}""", true)]
    [InlineData("""{"a":"é"}""", """{"a":"\u00e9"}""", true)]
    [InlineData("""{"a":"2020-01-01T02:00:00+02:00"}""", """{"a":"2020-01-01T00:00:00Z"}""", true)]
    [InlineData("""{"a":1.50}""", """{"a":1.5}""", false)]
    [InlineData("""{"a":1}""", """{"a":"1"}""", false)]
    [InlineData("""{"a":null}""", """{"a":""}""", false)]
    [InlineData("""{"a":null}""", """{}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    public void Typed_is_equal_exactly_when_the_records_are(string one, string other, bool equal)
        => Assert.Equal(equal, CanonicalRecord.Typed(Parse(one)) == CanonicalRecord.Typed(Parse(other)));

    [Fact]
    public void Flat_of_a_csv_line_equals_the_record_it_was_made_of()
    {
        const string Csv = "id,name,note,empty,at.x,list\r\n9007199254740993,\"say \"\"hi\"\",\r\nthen 再见\",,\"\",1.50,\"[\"\"a\"\",2]\"\r\n";
        var record = Parse("""{"id":9007199254740993,"name":"say \"hi\",\r\nthen 再见","note":null,"empty":"","at":{"x":1.50},"list":["a", 2]}""");
        Assert.Equal(CanonicalRecord.Flat(record), CanonicalRecord.Flat(Assert.Single(CsvRecords.Read(new StringReader(Csv)))));
    }

    [Theory]
    [InlineData("a,b\n1\n")]
    [InlineData("a\n\"1\n")]
    [InlineData("a\n\"1\"2\n")]
    public void Read_refuses_what_is_no_csv(string csv) => Assert.Throws<InvalidDataException>(() => CsvRecords.Read(new StringReader(csv)).ToList());

    static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}
