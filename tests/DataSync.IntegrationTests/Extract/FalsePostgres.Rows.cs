using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace DataSync.IntegrationTests.Extract;

/// <summary>What it does within a tenant's row: it answers what is asked before as an honest server does, describes a number <c>a</c> and a text <c>b</c>, and then strikes.</summary>
internal sealed partial class FalsePostgres
{
    private const int Large = 100_000_000, Largest = int.MaxValue - 64;
    private const int Int4 = 23, Text = 25, Bytea = 17;
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once the row has begun to be sent.</summary>
    public Task Struck => _struck.Task;

    private async Task AnswerWithRowsAsync(NetworkStream stream, CancellationToken ct)
    {
        // the first message's type is read already
        var sql = "";
        for (var type = 'P'; ; type = (char)stream.ReadByte())
        {
            var body = await ReadAsync(stream, ct);
            switch (type)
            {
                case 'P':
                    sql = Encoding.UTF8.GetString(body);
                    await stream.WriteAsync(Message('1', []), ct);
                    break;
                case 'B': await stream.WriteAsync(Message('2', []), ct); break;
                case 'D': await stream.WriteAsync(Described(sql, ofStatement: body[0] == (byte)'S'), ct); break;
                case 'E' when IsRead(sql): await StrikeAsync(stream, ct); break;
                case 'E': await stream.WriteAsync(Message('C', "SELECT 0\0"u8), ct); break;
                case 'S': await stream.WriteAsync(Message('Z', "T"u8), ct); break;
            }
        }
    }

    private static bool IsRead(string sql) => sql.Contains("record_send", StringComparison.Ordinal);

    private static byte[] Described(string sql, bool ofStatement)
    {
        if (IsRead(sql)) return Message('T', [0, 1, .. Column("record_send", Bytea)]);
        if (ofStatement) return [.. Message('t', [0, 0]), .. Message('T', [0, 2, .. Column("a", Int4), .. Column("b", Text)])];
        return sql.Contains("f(place, finding)", StringComparison.Ordinal) ? Message('T', [0, 2, .. Column("place", Int4), .. Column("finding", Text)]) : Message('n', []);
    }

    /// <summary>Whatever is said of a row, and wherever it ends: afterwards nothing comes, so that an error that waits for more comes late.</summary>
    private async Task StrikeAsync(NetworkStream stream, CancellationToken ct)
    {
        byte[] one = [.. Number(2), .. Field(Int4, 4, [0, 0, 0, 1])];
        byte[] row = _mode switch
        {
            "hang mid-row" => Row(100, [.. one, .. Field(Text, 76, "half"u8)]),
            "hang mid-large-row" => Row(Large, [.. one, .. Field(Text, Large - 24, "a beginning"u8)]),
            "trickle mid-row" => Row(Large, [.. one, .. Field(Text, Large - 24, [])]),
            "two gigabytes mid-row" => Row(Largest, [.. one, .. Field(Text, Largest - 24, [])]),
            "many empty columns" => Row(Largest, [.. Number(250_000_000)]),
            "fewer columns in a large row" => Row(Large, [.. Number(1), .. Field(Text, Large - 12, [])]),
            "fewer columns" => Row([.. Number(1), .. Field(Int4, 4, [0, 0, 0, 1])]),
            "more columns" => Row([.. Number(3), .. Field(Int4, 4, [0, 0, 0, 1]), .. Field(Text, 1, "x"u8), .. Field(Text, 1, "x"u8)]),
            "length below null" => Row([.. one, .. Field(Text, -5, [])]),
            "length below null in a large row" => Row(Large, [.. one, .. Field(Text, -5, [])]),
            "value longer than its row" => Row([.. one, .. Field(Text, 1000, "x"u8)]),
            "value longer than its large row" => Row(Large, [.. one, .. Field(Text, Large, "x"u8)]),
            "bytes behind the last column" => Row([.. one, .. Field(Text, 1, "xyz"u8)]),
            "short number" => Row([.. Number(2), .. Field(Int4, 1, [1]), .. Field(Text, 1, "x"u8)]),
            "no row" => Message('D', [0, 1, 255, 255, 255, 255]),
            _ => throw new InvalidOperationException($"No mode '{_mode}'."),
        };
        await stream.WriteAsync(row, ct);
        _struck.SetResult();
        switch (_mode)
        {
            case "trickle mid-row":
                for (; ; await Task.Delay(1000, ct)) await stream.WriteAsync("x"u8.ToArray(), ct);
            case "two gigabytes mid-row" or "many empty columns":
                for (var zeros = new byte[64 * 1024]; ; Sent += zeros.Length) await stream.WriteAsync(zeros, ct);
        }

        await Task.Delay(Timeout.Infinite, ct);
    }

    private static byte[] Row(byte[] row) => Row(row.Length, row);

    /// <summary>A row of one value, of which so much is said to come.</summary>
    private static byte[] Row(int length, byte[] begins) => [.. Head('D', length + 10), 0, 1, .. Number(length), .. begins];

    private static byte[] Field(int type, int length, ReadOnlySpan<byte> value) => [.. Number(type), .. Number(length), .. value];

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
