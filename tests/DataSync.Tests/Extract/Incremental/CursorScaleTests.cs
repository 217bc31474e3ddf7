using System.Globalization;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Incremental;
using FsCheck;
using FsCheck.Xunit;

namespace DataSync.Tests.Extract.Incremental;

public class CursorScaleTests
{
    private static readonly CursorScale Auto = CursorScale.Of(isOrdered: false);

    [Property(MaxTest = 300)]
    public bool Measure_numbers_are_compared_as_such_in_text_too(long a, long b, bool text)
    {
        var (left, right) = (Auto.Measure(Json(a.ToString(CultureInfo.InvariantCulture), text)), Auto.Measure(Json(b.ToString(CultureInfo.InvariantCulture), isText: true)));
        return Auto.Compares(left, right) && Math.Sign(left.CompareTo(right)) == Math.Sign(a.CompareTo(b));
    }

    [Property(MaxTest = 300)]
    public bool Measure_moments_are_compared_as_such_however_they_are_written(DateTime at, int minutes, short zone, byte way)
    {
        var a = new DateTimeOffset(DateTime.SpecifyKind(new DateTime(Math.Clamp(at.Ticks, new DateTime(1000, 1, 1).Ticks, new DateTime(9000, 1, 1).Ticks)), DateTimeKind.Utc));
        var b = a.AddMinutes(minutes % 10_000).ToOffset(TimeSpan.FromMinutes(zone % 720));
        var form = (way % 3) switch { 0 => "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", 1 => "yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", _ => "ddd, dd MMM yyyy HH:mm:ss" };
        var written = (way % 3 == 2 ? b.ToUniversalTime() : b).ToString(form, CultureInfo.InvariantCulture) + (way % 3 == 2 ? way % 2 == 0 ? " GMT" : " +0000" : "");
        var shown = way % 3 == 2 ? new DateTimeOffset(b.UtcTicks - (b.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) : b;
        var (left, right) = (Auto.Measure(Json(a.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture), isText: true)), Auto.Measure(Json(written, isText: true)));
        return Auto.Compares(left, right) && Math.Sign(left.CompareTo(right)) == Math.Sign(a.CompareTo(shown));
    }

    [Theory]
    [InlineData("\"v9\""), InlineData("\"\""), InlineData("\"1e5\""), InlineData("\" 5\""), InlineData("\"+5\""), InlineData("\".5\""), InlineData("\"5.\""), InlineData("\"1,000\""), InlineData("\"-\"")]
    [InlineData("\"2026-02-30\""), InlineData("\"2026-01-30T24:00:00Z\""), InlineData("\"2026-01-30T08\""), InlineData("\"2026-01-30T08:00:00+02:\""), InlineData("\"2026-01-30T08:00:00.Z\""), InlineData("\"30/01/2026\"")]
    [InlineData("\"Fri, 30 Jan 2026 08:00:00\""), InlineData("\"Fri, 30 Foo 2026 08:00:00 GMT\""), InlineData("\"0000-01-01\""), InlineData("\"\\ud800 2026-01-01\"")]
    [InlineData("12345678901234567890123456789"), InlineData("1e30"), InlineData("1e-30"), InlineData("0.12345678901234567890123456789"), InlineData("\"١٢٣\"")]
    public void Measure_what_is_no_number_and_no_time_or_would_be_rounded_has_no_place(string json) => Assert.False(Auto.Places(Auto.Measure(Encoding.UTF8.GetBytes(json))));

    [Theory]
    [InlineData("1", "\"2026-01-30\""), InlineData("\"2026-01-30\"", "\"2026-01-30T08:00:00Z\""), InlineData("\"2026-01-30 08:00:00\"", "\"2026-01-30 08:00:00Z\""), InlineData("\"a\"", "\"b\"")]
    public void Compares_values_of_two_kinds_have_no_order(string a, string b) => Assert.False(Auto.Compares(Auto.Measure(Encoding.UTF8.GetBytes(a)), Auto.Measure(Encoding.UTF8.GetBytes(b))));

    [Theory]
    [InlineData("time", "\"2026-01-30\"", "\"2026-01-30T08:00:00Z\""), InlineData("time", "\"2026-01-30 08:00:00\"", "\"2026-01-30 09:30:00+01:00\""), InlineData("text", "\"10\"", "\"9\""), InlineData("text", "\"A\"", "\"a\"")]
    [InlineData("number", "9", "\"10\"")]
    public void Compares_what_the_source_vouches_for(string order, string less, string greater)
    {
        var scale = CursorScale.Of(isOrdered: false, order);
        var (a, b) = (scale.Measure(Encoding.UTF8.GetBytes(less)), scale.Measure(Encoding.UTF8.GetBytes(greater)));
        Assert.True(scale.Compares(a, b) && a < b);
    }

    [Theory]
    [InlineData("number", "\"2026-01-30\""), InlineData("time", "5"), InlineData("time", "\"5\"")]
    public void Measure_what_is_not_of_the_order_the_source_says_has_no_place(string order, string json)
    {
        var scale = CursorScale.Of(isOrdered: false, order);
        Assert.False(scale.Places(scale.Measure(Encoding.UTF8.GetBytes(json))));
    }

    [Theory]
    [InlineData("\"0100\"", "10", "\"0090\""), InlineData("\"10.50\"", "1", "\"9.50\""), InlineData("\"09.5\"", "1", "\"08.5\""), InlineData("100", "10", "90"), InlineData("\"5\"", "10", "\"-5\"")]
    [InlineData("\"2026-01-30T08:00:00.123456789Z\"", "1", "\"2026-01-30T07:59:59.1234567Z\""), InlineData("\"2026-01-30\"", "1", "\"2026-01-29\""), InlineData("\"2026-01-30T08:00:00+02:00\"", "1", "\"2026-01-30T05:59:59Z\"")]
    [InlineData("\"Fri, 30 Jan 2026 08:00:00 GMT\"", "1.5", "\"Fri, 30 Jan 2026 07:59:58 GMT\""), InlineData("\"2026-01-30 08:00:00\"", "1", "\"2026-01-30 07:59:59\"")]
    public void Minus_says_the_earlier_value_in_the_same_form_and_means_what_it_says(string json, string lag, string expected)
    {
        var earlier = Auto.Parse(Encoding.UTF8.GetBytes(json)).Minus(decimal.Parse(lag, CultureInfo.InvariantCulture));
        Assert.Equal(expected, earlier.ToJson().GetRawText());
        Assert.Equal(0, earlier.CompareTo(Auto.Parse((JsonElement?)earlier.ToJson())!.Value));
    }

    /// <summary>What a database is asked for next is the value it showed, not one that is near it.</summary>
    [Theory]
    [InlineData("0.99999999999999999999999999999999999"), InlineData("-12345678901234567890123456789.5"), InlineData("79228162514264337593543950335.4"), InlineData("1.00000000000000000000000000000000001")]
    public void Parse_of_a_databases_number_keeps_every_digit(string json)
    {
        var value = CursorScale.Of(isOrdered: true).Parse(Encoding.UTF8.GetBytes(json));
        Assert.Equal((CursorKind.Number, json, json), (value.Kind, value.ToJson().GetRawText(), value.ToString()));
    }

    private static byte[] Json(string text, bool isText) => Encoding.UTF8.GetBytes(isText ? JsonSerializer.Serialize(text) : text);
}
