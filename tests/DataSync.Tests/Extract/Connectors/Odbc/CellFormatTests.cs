using System.Text;
using System.Text.Json;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Pipeline;

namespace DataSync.Tests.Extract.Connectors.Odbc;

/// <summary>What a server writes as text where a time or a number is due: whatever it is, what comes out is one value of JSON.</summary>
public class CellFormatTests
{
    private static readonly string[] Lies =
        ["x\",\"role\":\"admin", "1\n2", "\\", "2024-02-29\"}", "\u00e9\u00ff", "1,2", "{}", "\0", " BC", "-", "", "2147483647-", "9-\"", "\" BC", "\"+00"];

    [Theory]
    [InlineData("2024-02-29 12:00:00.5+00", true, "2024-02-29T12:00:00.5Z"), InlineData("2024-02-29", false, "2024-02-29"), InlineData("infinity", true, "infinity"), InlineData("-infinity", false, "-infinity")]
    [InlineData("0044-03-15 BC", false, "-000043-03-15"), InlineData("12024-02-29 24:00:00", false, "+012024-02-29T24:00:00")]
    public void Time_comes_out_as_from_the_native_connector(string text, bool utc, string expected) => Assert.Equal(expected, Written(new PostgresTimeCell(utc), text, out _).GetString());

    [Theory]
    [InlineData("0000-00-00", false, "0000-00-00"), InlineData("0000-00-00 00:00:00", true, "0000-00-00T00:00:00Z"), InlineData("2024-02-29 12:00:00.500000", false, "2024-02-29T12:00:00.5"), InlineData("-838:59:59.000010", false, "-838:59:59.00001")]
    public void Time_of_mariadb_comes_out_as_from_the_native_connector(string text, bool utc, string expected) => Assert.Equal(expected, Written(new MariaDbTimeCell(utc), text, out _).GetString());

    [Theory]
    [InlineData("\u0001", "1"), InlineData("\u0001\0", "256"), InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "18446744073709551615")]
    public void Bits_are_the_number_they_make(string bytes, string expected) => Assert.Equal(expected, Written(new BitsCell(), bytes, out _).GetRawText());

    [Theory]
    [InlineData(""), InlineData("123456789")]
    public void Bits_of_another_number_than_there_are_reject_the_record(string bytes)
    {
        Written(new BitsCell(), bytes, out var isText);
        Assert.False(isText);
    }

    [Fact]
    public void Text_that_is_no_time_or_number_is_one_value_all_the_same()
    {
        foreach (var cell in new CellFormat[] { new PostgresTimeCell(utc: true), new PostgresTimeCell(utc: false), new MariaDbTimeCell(utc: true), new MariaDbTimeCell(utc: false), new BitsCell(), new ExactCell(), new PostgresFloatCell(single: false), new PostgresFloatCell(single: true), new AsciiCell(), new AsciiCell(lower: true), new TruthCell() })
        {
            foreach (var lie in Lies) Written(cell, lie, out _);
        }
    }

    [Fact]
    public void Text_that_is_no_time_is_kept_as_it_is() => Assert.Equal("x\",\"role\":\"admin", Written(new PostgresTimeCell(utc: true), "x\",\"role\":\"admin", out _).GetString());

    [Fact]
    public void Bytes_that_are_no_ascii_reject_the_record()
    {
        foreach (var cell in new CellFormat[] { new PostgresTimeCell(utc: true), new MariaDbTimeCell(utc: true), new ExactCell(), new PostgresFloatCell(single: false), new AsciiCell() })
        {
            Written(cell, "\u00e9", out var isText);
            Assert.False(isText);
        }
    }

    private static JsonElement Written(CellFormat cell, string text, out bool isText)
    {
        using var buffer = new RecordBuffer();

        // one byte a character: beyond ASCII it is no UTF-8
        isText = cell.Write(Encoding.Latin1.GetBytes(text), buffer);
        buffer.EndRecord();
        using var document = JsonDocument.Parse(buffer.Memory(0).ToArray());
        return document.RootElement.Clone();
    }

    /// <summary>A table whose key is such a number is read by pages, and each begins behind the last key.</summary>
    [Theory]
    [InlineData("00005.00", "5.00")]
    [InlineData("00000.00", "0.00")]
    [InlineData("12", "12")]
    public void Key_of_a_number_that_may_be_padded_is_the_number(string text, string key)
        => Assert.Equal(key, new ExactCell(padded: true).Key(System.Text.Encoding.ASCII.GetBytes(text)));
}
