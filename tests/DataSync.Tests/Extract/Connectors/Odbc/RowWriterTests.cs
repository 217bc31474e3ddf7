using System.Runtime.InteropServices;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors.Odbc;

public class RowWriterTests
{
    private static readonly Projection Packed = new(
        "", [new BoundColumn("", new AsciiCell(), 64, IsBounded: false)], [new Member("a", new ExactCell(), 0, 0), new Member("b", new ExactCell(), 0, 1)]);

    [Fact]
    public void Write_takes_the_members_from_the_parts_of_a_packed_row()
    {
        using var block = Block("(1,)");
        using var buffer = new RecordBuffer();
        Assert.Null(new RowWriter(Packed).Write(block, 0, buffer));
        Assert.Equal("""{"a":1,"b":null}"""u8, buffer[0]);
    }

    /// <summary>No server that keeps to the statement sends one: parts that are null stand in a row that is not.</summary>
    [Fact]
    public void Write_of_a_packed_row_that_is_null_is_an_error()
    {
        using var block = Block(null);
        using var buffer = new RecordBuffer();
        var writer = new RowWriter(Packed);
        Assert.Equal("errors.extraction.data", Assert.Throws<SyncFailureException>(() => writer.Write(block, 0, buffer)).Failure.MessageKey);
        Assert.Equal("errors.extraction.data", Assert.Throws<SyncFailureException>(() => writer.Key(block, 0, 0)).Failure.MessageKey);
        Assert.Equal(0, buffer.Count);
    }

    private static RowBlock Block(string? packed)
    {
        var block = new RowBlock();
        block.Begin(new BlockLayout([64]));
        block.Count = 1;
        Marshal.WriteIntPtr(block.Row(0), packed is null ? (nint)OdbcCode.NullData : packed.Length);
        for (var i = 0; i < packed?.Length; i++) Marshal.WriteByte(block.Row(0), sizeof(long) + i, (byte)packed[i]);
        return block;
    }
}
