using System.Buffers.Binary;
using System.Text;
using DataSync.Extract.Connectors;
using DataSync.Extract.Connectors.Api.Bodies;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Extract.Connectors.Postgres.Wire;
using DataSync.Extract.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Connectors;

/// <summary>How large a record may become while it is written, whatever it took on the wire.</summary>
public class RecordBoundTests
{
    private const int Most = 1024 * 1024, Int4 = 23, Text = 25, NumericArray = 1231, Numeric = 1700;
    private static readonly byte[] Piece = new byte[1000];

    /// <summary>The longest number there is before its point.</summary>
    private static readonly string Longest = "9999" + new string('0', 131_068);

    [Fact]
    public void Write_of_a_document_beyond_its_bound_ends_before_memory_is_taken_for_it()
    {
        using var buffer = new RecordBuffer(mostBytes: Most);
        var failure = Assert.Throws<RecordTooLargeException>(() =>
        {
            for (var i = 0; i < 100_000; i++) JsonText.WriteRaw(Piece, buffer);
        }).Failure;
        Assert.Equal(("errors.record.too_large", FailureKind.Permanent), (failure.MessageKey, failure.Kind));
        Assert.InRange(buffer.Written, Most - (2 * Piece.Length), Most);
        Assert.InRange(buffer.Capacity, Most / 2, 3 * Most);
    }

    [Fact]
    public void Write_has_a_bound_for_each_document_whatever_room_there_is()
    {
        using var buffer = new RecordBuffer(8 * Most, mostBytes: Most);
        for (var i = 0; i < 4; i++) buffer.Add(new byte[Most - 1]);
        Assert.Throws<RecordTooLargeException>(() => buffer.Add(new byte[Most + 1]));
        buffer.AbandonRecord();
        buffer.Add(new byte[Most]);
        Assert.Equal((5, (5 * Most) - 4), (buffer.Count, buffer.Length));
    }

    [Fact]
    public void GoBack_forgets_what_is_behind_and_lets_the_document_be_ended()
    {
        using var buffer = new RecordBuffer(mostBytes: Most);
        buffer.Add("first"u8);
        JsonText.WriteRaw(new byte[Most - 100], buffer);
        var place = buffer.Written;
        Assert.Throws<RecordTooLargeException>(() => JsonText.WriteRaw(Piece, buffer));
        buffer.GoBack(place, int.MaxValue);
        JsonText.WriteRaw("end"u8, buffer);
        buffer.EndRecord();
        Assert.Equal("end"u8, buffer[1][^3..]);
        Assert.Throws<RecordTooLargeException>(() => JsonText.WriteRaw(new byte[Most + 1], buffer));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GoBack(0, 1));
    }

    /// <summary>A numeric of ten bytes says that it has 131,072 digits before its point. What is behind it is kept where it is short, and not tried for ever.</summary>
    [Theory]
    [InlineData(5000, 1, """{"i":2,"v":null,"w":[],"x":"end"}"""), InlineData(1, 5000, """{"i":2,"v":[],"w":null,"x":"end"}"""), InlineData(5000, 5000, """{"i":2,"v":null,"w":null,"x":null}""")]
    public void Write_of_a_row_whose_numbers_are_short_on_the_wire_leaves_out_what_did_not_fit(int first, int second, string expected)
    {
        var numbers = new WireColumn(new ArrayFormat(new NumericFormat()));
        RowColumn[] columns = [new("i", new WireColumn(new IntegerFormat())), new("v", numbers), new("w", numbers), new("x", new WireColumn(new TextFormat()))];
        var layout = new RowLayout(columns, checkText: false);
        using var buffer = new RecordBuffer(mostBytes: Most);
        Assert.Null(layout.Write(Row(1, 3, 3), buffer));
        var rejection = layout.Write(Row(2, first, second), buffer);
        Assert.Equal(("too_large", first > second || first == second ? "v" : "w"), (rejection?.Code, rejection?.Field));
        Assert.Null(layout.Write(Row(3, 3, 3), buffer));
        Assert.Equal(expected, Encoding.UTF8.GetString(buffer[1]).Replace(Longest, "", StringComparison.Ordinal));
        Assert.Equal("""{"i":1,"v":[,,],"w":[,,],"x":"end"}""", Encoding.UTF8.GetString(buffer[0]).Replace(Longest, "", StringComparison.Ordinal));
        Assert.Equal(buffer[0].Length, buffer[2].Length);
        Assert.InRange(buffer.Capacity, Most, 8 * Most);
    }

    [Fact]
    public void Batches_have_the_bound_of_a_record()
    {
        using var records = new BatchBuilder(new ReadRequest());
        records.Buffer.Add(new byte[OversizeRecord.LargestBytes]);
        records.Take(default).Dispose();
        Assert.Throws<RecordTooLargeException>(() => records.Buffer.Add(new byte[OversizeRecord.LargestBytes + 1]));
        OversizeRecord.Refuse(records);
        using var batch = records.Take(default);
        Assert.Equal("null"u8, batch.Raw[0]);
        Assert.True(batch.IsRejected(0));
    }

    /// <summary>Escapes make six bytes of one, base64 four of three.</summary>
    [Theory]
    [InlineData("csv", "v\nfirst\n", 12_000_000, 1, "\nlast\n"), InlineData("jsonl", "{\"v\":\"first\"}\n", 51_000_000, 0xff, "\n{\"v\":\"last\"}\n")]
    public async Task Write_of_a_line_that_is_too_large_as_it_is_written_refuses_it_alone(string format, string before, int length, byte value, string behind)
    {
        using var stream = new MemoryStream([.. Encoding.UTF8.GetBytes(before), .. Enumerable.Repeat(value, length), .. Encoding.UTF8.GetBytes(behind)]);
        using PageBody body = format == "csv" ? new CsvBody(stream, (byte)',', new Uri("https://api.example/")) : new JsonlBody(stream);
        using var records = new BatchBuilder(new ReadRequest());
        while (await body.TryWriteAsync(records, TestContext.Current.CancellationToken))
        {
        }

        using var batch = records.Take(default);
        Assert.Equal(["""{"v":"first"}""", "null", """{"v":"last"}"""], Enumerable.Range(0, batch.Count).Select(i => Encoding.UTF8.GetString(batch.Raw[i])));
        Assert.True(batch.TryGetRejection(1, out var rejection));
        Assert.Equal(("too_large", 1), (rejection.Code, batch.RejectedCount));
    }

    private static byte[] Row(int i, int first, int second)
        => [.. Number(4), .. Number(Int4), .. Number(4), .. Number(i), .. Numbers(first), .. Numbers(second), .. Number(Text), .. Number(3), .. Encoding.ASCII.GetBytes("end")];

    private static byte[] Numbers(int count)
    {
        byte[] number = [.. Number(10), 0, 1, 0x7f, 0xff, 0, 0, 0, 0, 0x27, 0x0f];
        byte[] array = [.. Number(1), .. Number(0), .. Number(Numeric), .. Number(count), .. Number(1), .. Enumerable.Repeat(number, count).SelectMany(n => n)];
        return [.. Number(NumericArray), .. Number(array.Length), .. array];
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
