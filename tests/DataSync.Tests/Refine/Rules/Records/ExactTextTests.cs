using System.Globalization;
using System.Text;
using DataSync.Refine.Rules.Records;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Refine.Rules.Records;

public sealed class ExactTextTests
{
    [Property(MaxTest = 2000)]
    public Property Write_gives_what_the_framework_gives()
        => Prop.ForAll(
            (from low in Gen.OneOf(Gen.Elements(0, 1, -1, 10, 100, int.MaxValue, int.MinValue), ArbMap.Default.GeneratorFor<int>())
             from middle in Gen.OneOf(Gen.Elements(0, 1, -1), ArbMap.Default.GeneratorFor<int>())
             from high in Gen.Elements(0, 0, 0, 1, -1)
             from negative in Gen.Elements(true, false)
             from scale in Gen.Choose(0, 28)
             select new decimal(low, middle, high, negative, (byte)scale)).ToArbitrary(),
            value => Text(value) == value.ToString(CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("0"), InlineData("0.00"), InlineData("12.50"), InlineData("-0.05"), InlineData("100"), InlineData("18446744073709551615"), InlineData("-1.8446744073709551615"), InlineData("79228162514264337593543950335")]
    public void Write_keeps_every_digit_of_the_scale(string text) => Assert.Equal(text, Text(decimal.Parse(text, CultureInfo.InvariantCulture)));

    private static string Text(decimal value)
    {
        Span<byte> room = stackalloc byte[31];
        return Encoding.ASCII.GetString(room[..ExactText.Write(value, room)]);
    }
}
