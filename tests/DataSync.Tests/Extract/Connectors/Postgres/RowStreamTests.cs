using System.Buffers.Binary;
using DataSync.Extract.Connectors.Postgres;

namespace DataSync.Tests.Extract.Connectors.Postgres;

public class RowStreamTests
{
    private const int Int4 = 23;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_of_a_row_that_is_too_large_drops_what_does_not_fit()
    {
        var (row, dropped) = await ReadAsync(Row(50, 60, 5), columns: 3, largest: 100);
        Assert.Equal((1, 4 + 58 + 8 + 13), (dropped, row.Length));
        Assert.Equal(-1, BinaryPrimitives.ReadInt32BigEndian(row.AsSpan(4 + 58 + 4)));
    }

    [Theory]
    [InlineData(20, 0, 0, 0, 30), InlineData(32, -1, -1, -1, -1), InlineData(1, 1, 1, 1, 90), InlineData(0, 0, 0, 0, 200), InlineData(16, 1, 0, -1, 70)]
    public async Task Read_keeps_no_row_that_is_larger_than_one_may_be(params int[] lengths)
    {
        var (row, dropped) = await ReadAsync(Row(lengths), lengths.Length, largest: 60);
        Assert.NotNull(dropped);
        Assert.InRange(row.Length, 4 + (8 * lengths.Length), 60);
    }

    /// <summary>A server may say what it likes: nothing grows by it, and nothing is taken for another row.</summary>
    [Fact]
    public async Task Read_of_what_is_no_row_of_these_columns_is_an_error()
    {
        byte[][] lies =
        [
            Row(50), Row(50, 60, 5), [.. Number(250_000_000), .. new byte[1000]], [.. Number(-1), .. new byte[20]], [.. Number(2), .. Field(50, 50), .. Field(-2, 0)], [.. Number(2), .. Field(50, 50), .. Field(61, 60)],
            [.. Row(50, 60), 0], Row(50, 60)[..^1], [.. Number(2), .. Field(50, 50)], [.. Number(2), .. Field(50, 50), 0, 0, 0], [.. Number(2), .. Field(int.MaxValue, 1000)],
        ];
        foreach (var lie in lies) await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(lie, columns: 2, largest: 80));
    }

    private static async Task<(byte[] Row, int? Dropped)> ReadAsync(byte[] wire, int columns, int largest)
    {
        using var rows = new RowStream(columns, largest);
        using var stream = new MemoryStream(wire);
        var (row, dropped) = await rows.ReadPartlyAsync(stream, Ct);
        return (row.ToArray(), dropped);
    }

    private static byte[] Row(params int[] lengths) => [.. Number(lengths.Length), .. lengths.SelectMany(l => Field(l, Math.Max(0, l)))];

    private static byte[] Field(int length, int bytes) => [.. Number(Int4), .. Number(length), .. new byte[bytes]];

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
