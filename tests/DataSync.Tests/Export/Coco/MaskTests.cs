using DataSync.Export.Coco.Masks;
using DataSync.Export.Coco.Shapes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Export.Coco;

/// <summary>Masks against pixels counted one by one.</summary>
public class MaskTests
{
    private static readonly Gen<bool[,]> Masks =
        from width in Gen.Choose(1, 40)
        from height in Gen.Choose(1, 40)
        from density in Gen.Choose(0, 100)
        from seed in Gen.Choose(0, int.MaxValue)
        select Of(width, height, density, new Random(seed));

    [Property(MaxTest = 200)]
    public Property Label_Studios_masks_become_the_same_pixels_as_coco() => Prop.ForAll(Masks.ToArbitrary(), mask =>
    {
        var (width, height) = (mask.GetLength(0), mask.GetLength(1));
        var rle = BrushRle.Decode(LabelStudioBits.Encode(mask), width, height)!;
        Assert.Equal(mask.Cast<bool>().LongCount(b => b), rle.Area);
        Assert.Equal(Pixels(mask), Unpacked(rle));
        var box = rle.Box();
        var set = Enumerable.Range(0, width).SelectMany(x => Enumerable.Range(0, height).Where(y => mask[x, y]).Select(y => (x, y))).ToArray();
        Assert.Equal(set.Length == 0 ? default : new Box(set.Min(p => p.x), set.Min(p => p.y), set.Max(p => p.x) - set.Min(p => p.x) + 1, set.Max(p => p.y) - set.Min(p => p.y) + 1), box);
    });

    [Property(MaxTest = 200)]
    public Property Compressed_text_reads_back_to_the_same_runs() => Prop.ForAll(Masks.ToArbitrary(), mask =>
    {
        var rle = BrushRle.Decode(LabelStudioBits.Encode(mask), mask.GetLength(0), mask.GetLength(1))!;
        Assert.Equal(rle.Runs, CocoRle.Parse(rle.Text(), rle.Height, rle.Width)!.Runs);
    });

    /// <summary>The text pycocotools writes for this mask of 3 × 4.</summary>
    [Fact]
    public void Compressed_text_is_cocos() => Assert.Equal("06", new CocoRle(2, 3, [0, 6]).Text());

    [Fact]
    public void Compressed_text_of_long_runs_is_cocos() => Assert.Equal("T3", new CocoRle(10, 10, [100]).Text());

    [Theory]
    [InlineData("")]
    [InlineData("T")]
    [InlineData("T4")]
    [InlineData("\u0000")]
    public void Text_that_is_no_mask_of_the_size_is_none(string text) => Assert.Null(CocoRle.Parse(text, 10, 10));

    [Fact]
    public void Mask_of_another_size_is_none()
    {
        var bits = LabelStudioBits.Encode(new bool[4, 5]);
        Assert.Null(BrushRle.Decode(bits, 5, 5));
        Assert.Null(BrushRle.Decode(bits.AsSpan(0, bits.Length - 1), 4, 5));
        Assert.NotNull(BrushRle.Decode(bits, 4, 5));
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(0, 5)]
    [InlineData(-1, -1)]
    public void Mask_of_no_sensible_size_is_none(int width, int height) => Assert.Null(BrushRle.Decode(LabelStudioBits.Encode(new bool[4, 5]), width, height));

    private static bool[,] Of(int width, int height, int density, Random random)
    {
        var mask = new bool[width, height];
        for (var x = 0; x < width; x++)
        {
            for (var y = 0; y < height; y++) mask[x, y] = random.Next(100) < density;
        }

        return mask;
    }

    private static bool[] Pixels(bool[,] mask) => [.. Enumerable.Range(0, mask.GetLength(0)).SelectMany(x => Enumerable.Range(0, mask.GetLength(1)).Select(y => mask[x, y]))];

    private static bool[] Unpacked(CocoRle rle) => [.. rle.Runs.SelectMany((r, i) => Enumerable.Repeat(i % 2 == 1, (int)r))];

    /// <summary>A few bytes of Label Studio's would else become gigabytes of COCO's, which goes through an image column by column.</summary>
    [Theory]
    [InlineData(3000, 2, null)]
    [InlineData(300, 2, 300 * 300)]
    [InlineData(3000, 1000, 3000 * 6)]
    public void Mask_with_millions_of_runs_is_none(int side, int apart, int? runs)
    {
        var mask = new MaskBits(side, side);
        for (var row = 0; row < side; row += apart) mask.Set((long)row * side, side);
        var rle = mask.ToRle(side, side);
        Assert.Equal(runs is null, rle is null);
        if (runs is not null) Assert.InRange(rle!.Runs.Count, runs.Value - 2, runs.Value + 2);
    }
}
