using System.Net;
using System.Net.Sockets;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>A name server over UDP that takes turns: every question for an address has another answer than the one before, and none may be kept.</summary>
internal sealed class FlippingNameServer : IDisposable
{
    private const int HeadBytes = 12, ForAddress = 1, Port = 53;
    private readonly UdpClient _socket;
    private readonly Task _answering;
    private readonly IPAddress[] _answers;
    private int _asked;

    /// <summary>Takes port 53 of the loopback: a network of the process's own must be there for it.</summary>
    public FlippingNameServer(params IPAddress[] answers)
    {
        _answers = answers;
        _socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, Port));
        _answering = AnswerAllAsync();
    }

    /// <summary>How often an IPv4 address was asked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public void Dispose() => _socket.Dispose();

    private async Task AnswerAllAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _socket.ReceiveAsync();
                await _socket.SendAsync(Answer(asked.Buffer), asked.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // the test is over
        }
    }

    /// <summary>The question again, and one address with no time to live; none where another kind is asked for. RFC 1035, section 4.</summary>
    private byte[] Answer(byte[] asked)
    {
        var end = HeadBytes;
        while (asked[end] != 0) end += asked[end] + 1;
        end += 5; // the root's label, type and class
        var isAddress = asked[end - 3] == ForAddress;
        byte[] head = [asked[0], asked[1], 0x81, 0x80, 0, 1, 0, (byte)(isAddress ? 1 : 0), 0, 0, 0, 0];
        byte[] question = [.. head, .. asked[HeadBytes..end]];
        if (!isAddress) return question;
        var address = _answers[(Interlocked.Increment(ref _asked) - 1) % _answers.Length];
        return [.. question, 0xC0, HeadBytes, 0, ForAddress, 0, 1, 0, 0, 0, 0, 0, 4, .. address.GetAddressBytes()];
    }
}
