using DataSync.Extract.Connectors.MySql.Relay;

namespace DataSync.Tests.Extract.Connectors.MySql;

public class MySqlMessagesTests
{
    private const int Full = 0xFFFFFF;

    [Theory]
    [InlineData(1), InlineData(3), InlineData(1024)]
    public void Pass_messages_of_the_size_allowed_pass_wherever_their_bytes_are_cut(int cut)
    {
        byte[] sent = [.. Enumerable.Range(0, 100).SelectMany(i => Packet((byte)i, i % 3 == 0 ? 0 : 100))];
        var messages = new MySqlMessages(100);
        Assert.All(sent.Chunk(cut), part => Assert.True(messages.Pass(part)));
    }

    [Theory]
    [InlineData(1), InlineData(1024)]
    public void Pass_a_message_of_one_packet_that_says_more_does_not_pass(int cut)
    {
        byte[] sent = [.. Packet(0, 100), .. Packet(1, 101)];
        var messages = new MySqlMessages(100);
        Assert.Contains(sent.Chunk(cut).ToList(), part => !messages.Pass(part));
    }

    [Fact]
    public void Pass_full_packets_count_as_one_message_with_what_follows_them()
    {
        Assert.True(All(new MySqlMessages(2L * Full + 5), Packet(0, Full), Packet(1, Full), Packet(2, 5), Packet(0, Full), Packet(1, 0)));
        Assert.False(All(new MySqlMessages(2L * Full + 4), Packet(0, Full), Packet(1, Full), Packet(2, 5)));
    }

    private static bool All(MySqlMessages messages, params byte[][] packets) => packets.All(p => messages.Pass(p));

    private static byte[] Packet(byte number, int length) => [(byte)length, (byte)(length >> 8), (byte)(length >> 16), number, .. new byte[length]];
}
