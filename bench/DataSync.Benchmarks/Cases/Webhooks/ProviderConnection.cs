using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>One provider's connection, on which at most one delivery waits for its answer.</summary>
internal sealed class ProviderConnection : Socket
{
    private readonly byte[] _request;
    private readonly int _id;
    private readonly byte[] _answer = new byte[4096];
    private int _length;
    private long _asked;

    private ProviderConnection(byte[] request) : base(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        => (_request, _id, NoDelay) = ([.. request], request.AsSpan().IndexOf(IdName) + IdName.Length, true);

    private static ReadOnlySpan<byte> IdName => "X-GitHub-Delivery: "u8;

    /// <summary>From the last delivery to its answer.</summary>
    public TimeSpan Waited { get; private set; }

    public static ProviderConnection Open(int port, byte[] request)
    {
        var connection = new ProviderConnection(request);
        connection.Connect(IPAddress.Loopback, port);
        connection.Blocking = false;
        return connection;
    }

    /// <summary>Sends the delivery under an id.</summary>
    public void Send(long id)
    {
        Utf8Formatter.TryFormat(id, _request.AsSpan(_id), out _, new StandardFormat('D', 20));
        (_length, _asked) = (0, Stopwatch.GetTimestamp());
        if (base.Send(_request, SocketFlags.None, out var error) != _request.Length) throw new BenchmarkException($"A delivery could not be sent: {error}.");
    }

    /// <summary>Reads what has come of the answer; its status once it is whole, null before.</summary>
    public int? Receive()
    {
        var read = base.Receive(_answer.AsSpan(_length), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return null;
        if (read == 0 || error != SocketError.Success) throw new BenchmarkException($"The API closed a connection: {error}.");
        _length += read;
        var answer = _answer.AsSpan(0, _length);
        if (answer.IndexOf("\r\n\r\n"u8) is not (var end and >= 0) || _length < end + 4 + BodyLength(answer[..end])) return null;
        Waited = Stopwatch.GetElapsedTime(_asked);
        return ((answer[9] - '0') * 100) + ((answer[10] - '0') * 10) + answer[11] - '0';
    }

    private static int BodyLength(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _) ? length : throw new BenchmarkException("An answer without a length.");
    }
}
