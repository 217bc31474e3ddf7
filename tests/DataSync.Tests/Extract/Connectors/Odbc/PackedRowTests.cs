using System.Text;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors.Odbc;

public class PackedRowTests
{
    [Fact]
    public void Split_finds_each_part_without_its_quotes_and_what_is_null() => Assert.Equal(
        [null, "-12.5", "2024-02-29 12:00:00+00", "t", null, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "0044-03-15 BC", null],
        Parts("(,-12.5,\"2024-02-29 12:00:00+00\",t,,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,\"0044-03-15 BC\",)", 8));

    [Fact]
    public void Split_finds_each_part_of_what_is_joined() => Assert.Equal(["-12.5", "2024-02-29 12:00:00+00", "0044-03-15 BC", "f", "NaN"], Parts("-12.5,2024-02-29 12:00:00+00,0044-03-15 BC,f,NaN", 5));

    [Fact]
    public void Clear_leaves_nulls()
    {
        var row = new PackedRow(2);
        row.Split("1,2"u8);
        row.Clear();
        Assert.True(row.IsNull(0) && row.IsNull(1));
    }

    /// <summary>A server may say what it likes; it is not taken for another row, and nothing is read behind the text.</summary>
    [Theory]
    [InlineData(""), InlineData("1"), InlineData("1,2,3"), InlineData(","), InlineData("1,"), InlineData("(1"), InlineData("()"), InlineData("(1)"), InlineData("(1,2,3)"), InlineData("(1,\"2)"), InlineData("(\"1\"2,3)"), InlineData("("), InlineData(")"), InlineData("1,a\"b"), InlineData("(1,a\"b)"), InlineData("(1,\"a\"\"b\")"), InlineData("1,(2)")]
    [InlineData("(1,\"a\\\"b\")"), InlineData("(1,\u00e9)"), InlineData("(1,\n)"), InlineData("(1,\0)"), InlineData("(1,{})")]
    public void Split_of_a_text_that_is_no_row_of_so_many_parts_is_an_error(string text)
        => Assert.Equal("errors.extraction.data", Assert.Throws<SyncFailureException>(() => Parts(text, 2)).Failure.MessageKey);

    private static List<string?> Parts(string text, int count)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var row = new PackedRow(count);
        row.Split(bytes);
        return [.. Enumerable.Range(0, count).Select(p => row.IsNull(p) ? null : Encoding.UTF8.GetString(row.Part(bytes, p)))];
    }
}
