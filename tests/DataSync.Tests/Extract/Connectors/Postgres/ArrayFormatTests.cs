using System.Buffers.Binary;
using System.Text;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Pipeline;

namespace DataSync.Tests.Extract.Connectors.Postgres;

public class ArrayFormatTests
{
    [Fact]
    public void Write_nests_as_deep_as_the_dimensions()
        => Assert.Equal("[[1,2],[3,null]]", Written([2, 1, 23, 2, 1, 2, 1, 4, 1, 4, 2, 4, 3, -1]));

    [Theory]
    [InlineData(0, 0, 23), InlineData(1, 0, 23, 0, 1), InlineData(2, 0, 23, int.MaxValue, 1, 0, 1)]
    public void Write_of_an_array_without_elements_is_empty(params int[] wire) => Assert.Equal("[]", Written(wire));

    /// <summary>How many dimensions there are is taken from the stack, which no exception saves once it is used up.</summary>
    [Theory]
    [InlineData(500_000_000, 0, 23), InlineData(7, 0, 23, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1), InlineData(-1, 0, 23), InlineData(1, 0, 23, -1, 1), InlineData(1, 0, 23, 1, 1, -2)]
    public void Write_of_what_is_no_array_is_an_error(params int[] wire) => Assert.Throws<InvalidDataException>(() => Written(wire));

    private static string Written(int[] wire)
    {
        var bytes = new byte[wire.Length * sizeof(int)];
        for (var i = 0; i < wire.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * sizeof(int)), wire[i]);
        using var buffer = new RecordBuffer();
        new ArrayFormat(new IntegerFormat()).Write(bytes, buffer);
        buffer.EndRecord();
        return Encoding.UTF8.GetString(buffer[0]);
    }
}
