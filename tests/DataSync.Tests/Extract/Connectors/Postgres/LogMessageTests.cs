using System.Text;
using DataSync.Extract.Connectors.Postgres.Log;

namespace DataSync.Tests.Extract.Connectors.Postgres;

public class LogMessageTests
{
    private const int Largest = 1000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Row_has_the_values_of_its_message()
    {
        using var message = await ReadAsync([(byte)'I', 0, 0, 0, 7, (byte)'N', 0, 3, (byte)'t', 0, 0, 0, 2, (byte)'h', (byte)'i', (byte)'n', (byte)'u']);
        Assert.Equal((7u, (byte)'N'), (message.Int(), message.Byte()));
        List<LogValue> values = [];
        message.Row(values, 3);
        Assert.Equal([LogMessage.Text, LogMessage.Null, LogMessage.Unchanged], values.Select(v => v.Kind));
        Assert.Equal("hi", Encoding.UTF8.GetString(message.Bytes(values[0])));
        Assert.True(message.IsAtEnd);
    }

    /// <summary>Behind a message the buffer holds what others left there, other tenants among them.</summary>
    [Theory]
    [InlineData("a length behind the message", new byte[] { 0, 1, (byte)'t', 0, 0, 4, 0, (byte)'x' }), InlineData("a length below 0", new byte[] { 0, 1, (byte)'t', 255, 255, 255, 255, (byte)'x' })]
    [InlineData("fewer columns", new byte[] { 0, 0 }), InlineData("more columns", new byte[] { 0, 2, (byte)'n', (byte)'n' }), InlineData("an end within", new byte[] { 0, 1 })]
    public async Task Row_that_is_not_whole_in_its_message_is_an_error(string how, byte[] row)
    {
        using var message = await ReadAsync([(byte)'I', .. row]);
        Assert.True(Assert.ThrowsAny<Exception>(() => message.Row([], 1)) is InvalidDataException, how);
    }

    [Fact]
    public async Task Numbers_and_words_behind_the_end_are_an_error()
    {
        using var message = await ReadAsync([(byte)'B', (byte)'x']);
        foreach (var read in (Action[])[() => message.Word(), () => message.Short(), () => message.Int(), () => message.Long()]) Assert.Throws<InvalidDataException>(read);
        Assert.Equal((byte)'x', message.Byte());
        Assert.Throws<InvalidDataException>(() => message.Byte());
        Assert.Throws<InvalidDataException>(() => message.Peek());
    }

    [Fact]
    public async Task Read_drops_a_value_that_is_larger_than_a_record_may_be()
    {
        using var message = await ReadAsync([(byte)'I', 0, 0, 0, 7, (byte)'N', 0, 2, (byte)'t', 0, 0, 4, 0, .. new byte[1024], (byte)'t', 0, 0, 0, 1, (byte)'x']);
        message.Int();
        message.Byte();
        List<LogValue> values = [];
        message.Row(values, 2);
        Assert.Equal([LogMessage.Dropped, LogMessage.Text], values.Select(v => v.Kind));
    }

    /// <summary>Rows of no columns, columns of no length, values longer than what is left.</summary>
    [Fact]
    public async Task Read_of_a_large_message_that_is_none_is_an_error_before_it_is_held()
    {
        byte[] begin = [(byte)'I', 0, 0, 0, 7];
        byte[][] lies =
        [
            [.. begin, .. new byte[3_000_000]],
            [.. begin, .. Enumerable.Repeat((byte[])[(byte)'N', 127, 255, .. Enumerable.Repeat((byte)'n', short.MaxValue)], 30).SelectMany(b => b)],
            [.. begin, (byte)'N', 0, 1, (byte)'t', 127, 255, 255, 255, .. new byte[2000]],
            [.. begin, (byte)'N', 0, 1, (byte)'t', 255, 255, 255, 255, .. new byte[2000]],
        ];
        foreach (var lie in lies) await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(lie));
    }

    [Fact]
    public async Task Read_of_nothing_is_an_error() => await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync([]));

    private static async Task<LogMessage> ReadAsync(byte[] wire)
    {
        using var stream = new MemoryStream(wire);
        var message = new LogMessage(Largest);
        await message.ReadAsync(stream, Ct);
        return message;
    }
}
