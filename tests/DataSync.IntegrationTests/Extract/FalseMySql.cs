using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using DataSync.Extract.Connectors.Network.Relay;

namespace DataSync.IntegrationTests.Extract;

/// <summary>A server that speaks MySQL's protocol only as far as a test wants, and then hangs, resets, trickles, lies, asks for what is not its own, or never ends. It keeps what it was sent.</summary>
internal sealed class FalseMySql : IAsyncDisposable
{
    private const int LargestPacket = 0xFFFFFF;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly MemoryStream _received = new();
    private readonly string _mode, _file;

    /// <summary>True where a statement that was prepared is what it waits for, as ODBC's driver sends every one.</summary>
    private readonly bool _strikesAtExecute;

    /// <summary>Agreed on after the greeting, under a certificate that is anybody's.</summary>
    private readonly bool _hasTls;
    private readonly Task _serving;

    public FalseMySql(string mode, string file = "/etc/hostname", IPAddress? at = null, bool tls = false)
    {
        _hasTls = tls;
        const string Execute = "execute ";
        _strikesAtExecute = mode.StartsWith(Execute, StringComparison.Ordinal);
        (_mode, _file, _listener) = (_strikesAtExecute ? mode[Execute.Length..] : mode, file, new TcpListener(at ?? IPAddress.Loopback, 0));
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>All bytes that clients sent.</summary>
    public byte[] Received
    {
        get
        {
            lock (_received) return _received.ToArray();
        }
    }

    /// <summary>Whether the step was reached in which the server does what its mode says.</summary>
    public bool HasStruck { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true) open.Add(SpeakAsync(await _listener.AcceptSocketAsync(_stop.Token), _stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // the listener was stopped, perhaps just before it was asked for the next client
            await Task.WhenAll(open);
        }
    }

    private async Task SpeakAsync(Socket socket, CancellationToken ct)
    {
        await using var plain = new NetworkStream(socket, ownsSocket: true);
        Stream stream = plain;
        try
        {
            if (await StrikesAsync("at greeting", 0, stream, socket, ct)) return;
            if (_mode == "no mysql")
            {
                HasStruck = true;
                await stream.WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray(), ct);
                await Task.Delay(Timeout.Infinite, ct);
            }

            await stream.WriteAsync(_hasTls ? GreetingWithTls() : Packet(0, Greeting()), ct);
            await ReadAsync(stream, ct);
            if (_hasTls)
            {
                stream = await RelayTls.AnswerAsync(plain, SslProtocols.Tls13, mustShow: false, ct);
                await ReadAsync(stream, ct);
            }

            if (_mode == "endless login")
            {
                HasStruck = true;
                await EndlessPacketsAsync(2, stream, ct);
            }

            if (await AuthenticatesOtherwiseAsync(stream, ct)) return;
            await stream.WriteAsync(Packet((byte)(_hasTls ? 3 : 2), Ok), ct);
            if (await StrikesAsync("after greeting", 1, stream, socket, ct)) return;
            while (await AnswerAsync(stream, socket, ct))
            {
                // the next command
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // the client went away, or the test is over
        }
    }

    /// <summary>Hangs, resets, closes or trickles, if it is to do so at this step.</summary>
    /// <param name="step">How such a mode ends.</param>
    /// <param name="number">Of the packet that the client waits for; null in the midst of one.</param>
    /// <param name="stream">To the client.</param>
    /// <param name="socket">The same.</param>
    /// <param name="ct">The test's end.</param>
    private async Task<bool> StrikesAsync(string step, byte? number, Stream stream, Socket socket, CancellationToken ct)
    {
        if (!_mode.EndsWith(step, StringComparison.Ordinal)) return false;
        HasStruck = true;
        switch (_mode.Split(' ')[0])
        {
            case "reset":
                socket.LingerState = new LingerOption(true, 0);
                return true;
            case "close":
                return true;
            case "trickle":
                if (number is { } next) await stream.WriteAsync(Head(next, 1_000_000), ct);
                while (true)
                {
                    await stream.WriteAsync("x"u8.ToArray(), ct);
                    await Task.Delay(1000, ct);
                }

            case "sixteen":
                await stream.WriteAsync(Head(number ?? 0, LargestPacket), ct);
                break;
            case "misnumbered":
                await stream.WriteAsync(Packet(77, Greeting()), ct);
                break;
        }

        await Task.Delay(Timeout.Infinite, ct);
        return true;
    }

    /// <summary>Wants the password in another way than the client began to prove it.</summary>
    private async Task<bool> AuthenticatesOtherwiseAsync(Stream stream, CancellationToken ct)
    {
        byte[]? wish = _mode switch
        {
            "cleartext" => [0xFE, .. "mysql_clear_password\0"u8],
            "dialog" => [0xFE, .. "dialog\0"u8, 4, .. "Password: \0"u8],
            "old password" => [0xFE],
            "sha256" => [0xFE, .. "sha256_password\0"u8, .. new byte[20].Select(_ => (byte)'s'), 0],
            "public key" => [0xFE, .. "caching_sha2_password\0"u8, .. new byte[20].Select(_ => (byte)'s'), 0],
            _ => null,
        };
        if (wish is null) return false;
        HasStruck = true;
        await stream.WriteAsync(Packet(2, wish), ct);
        if (_mode == "public key")
        {
            // the quick way is not taken, so the client must show its password in full
            await ReadAsync(stream, ct);
            await stream.WriteAsync(Packet(4, [1, 4]), ct);
        }

        // whoever does not want to goes
        while (await ReadAsync(stream, ct) is not [1])
        {
        }

        return true;
    }

    private async Task<bool> AnswerAsync(Stream stream, Socket socket, CancellationToken ct)
    {
        var command = await ReadAsync(stream, ct);
        var text = Encoding.UTF8.GetString(command.AsSpan(1));
        switch (command[0])
        {
            case 1: return false;
            case 0x17 when _strikesAtExecute: return await StrikesWithRowsAsync(stream, socket, ct);
            case 0x19: break; // whoever closes a statement waits for no answer
            case 0x16: await PrepareAsync(text.Count(c => c == '?'), stream, ct); break;
            case 3 when text.Contains("sql_mode", StringComparison.Ordinal): await stream.WriteAsync(Rows(""), ct); break;
            case 3 when _mode == "endless grants" && text.Contains("GRANTS", StringComparison.Ordinal): await EndlessAsync("GRANT USAGE ON *.* TO `u`@`%`", stream, ct); break;
            case 3 when text.Contains("GRANTS", StringComparison.Ordinal): await stream.WriteAsync(Rows("GRANT USAGE ON *.* TO `u`@`%`"), ct); break;
            case 3 when text.StartsWith("EXECUTE", StringComparison.Ordinal): return await StrikesWithRowsAsync(stream, socket, ct);
            default: await stream.WriteAsync(Packet(1, Ok), ct); break;
        }

        return true;
    }

    private static async Task PrepareAsync(int parameters, Stream stream, CancellationToken ct)
    {
        List<byte> answer = [.. Packet(1, [0, 7, 0, 0, 0, 0, 0, (byte)parameters, 0, 0, 0, 0])];
        for (var i = 0; i < parameters; i++) answer.AddRange(Packet((byte)(2 + i), Column("?")));
        if (parameters > 0) answer.AddRange(Packet((byte)(2 + parameters), EndOfRows));
        await stream.WriteAsync(answer.ToArray(), ct);
    }

    /// <summary>The tenant's statement is under way.</summary>
    private async Task<bool> StrikesWithRowsAsync(Stream stream, Socket socket, CancellationToken ct)
    {
        HasStruck = true;
        if (_mode == "local infile")
        {
            await stream.WriteAsync(Packet(1, [0xFB, .. Encoding.UTF8.GetBytes(_file)]), ct);
            while (true) await ReadAsync(stream, ct);
        }

        if (_mode == "many columns")
        {
            await stream.WriteAsync(Packet(1, [0xFE, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0]), ct);
            await Task.Delay(Timeout.Infinite, ct);
        }

        if (_mode == "endless rows") await EndlessAsync(new string('x', 100), stream, ct);
        await stream.WriteAsync(Header(), ct);
        switch (_mode)
        {
            case "value longer than its row":
                await stream.WriteAsync(Packet(4, [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1]), ct);
                break;
            case "endless row":
                await EndlessPacketsAsync(4, stream, ct);
                break;
            default:
                await stream.WriteAsync(Packet(4, [100, .. new byte[100]]).AsMemory(0, 50), ct);
                return !await StrikesAsync("mid-row", null, stream, socket, ct);
        }

        await Task.Delay(Timeout.Infinite, ct);
        return false;
    }

    /// <summary>One message of full packets, of which each says that another follows.</summary>
    private static async Task EndlessPacketsAsync(int number, Stream stream, CancellationToken ct)
    {
        for (; ; number++)
        {
            await stream.WriteAsync(Head((byte)number, LargestPacket), ct);
            for (var left = LargestPacket; left > 0; left -= 65_535) await stream.WriteAsync(new byte[Math.Min(left, 65_535)], ct);
        }
    }

    private async Task EndlessAsync(string value, Stream stream, CancellationToken ct)
    {
        await stream.WriteAsync(Header(), ct);

        // rows of a prepared statement begin with which of their values are null
        byte[] row = [.. _strikesAtExecute ? new byte[2] : [], (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
        var rows = Enumerable.Range(0, 256).SelectMany(i => Packet((byte)(4 + i), row)).ToArray();
        while (true) await stream.WriteAsync(rows, ct);
    }

    private static byte[] Ok => [0, 0, 0, 2, 0, 0, 0];

    private static byte[] EndOfRows => [0xFE, 0, 0, 2, 0];

    private static byte[] Rows(string value)
        => [.. Header(), .. Packet(4, [(byte)value.Length, .. Encoding.ASCII.GetBytes(value)]), .. Packet(5, EndOfRows)];

    /// <summary>What stands before the rows of one column of text.</summary>
    private static byte[] Header() => [.. Packet(1, [1]), .. Packet(2, Column("a")), .. Packet(3, EndOfRows)];

    private static byte[] Column(string name)
        => [3, .. "def"u8, 0, 0, 0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)name.Length, .. Encoding.ASCII.GetBytes(name), 0x0C, 45, 0, 255, 0, 0, 0, 0xFD, 0, 0, 0, 0, 0];

    /// <summary>Protocol 4.1 with plugins, several statements at once and files of the client's; no TLS.</summary>
    /// <summary>The first packet of a server that can speak TLS.</summary>
    public static byte[] GreetingWithTls() => Packet(0, Greeting(0xAA));

    private static byte[] Greeting(byte capabilities = 0xA2) =>
    [
        10, .. "8.0.36\0"u8, 9, 0, 0, 0, .. "12345678"u8, 0, 0x8F, capabilities, 45, 2, 0, 0x0F, 0x00, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "123456789012\0"u8, .. "mysql_native_password\0"u8,
    ];

    private static byte[] Packet(byte number, ReadOnlySpan<byte> payload) => [.. Head(number, payload.Length), .. payload];

    private static byte[] Head(byte number, int length)
    {
        var head = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(head, length);
        head[3] = number;
        return head;
    }

    private async Task<byte[]> ReadAsync(Stream stream, CancellationToken ct)
    {
        var head = new byte[4];
        await stream.ReadExactlyAsync(head, ct);
        var payload = new byte[head[0] | (head[1] << 8) | (head[2] << 16)];
        await stream.ReadExactlyAsync(payload, ct);
        lock (_received)
        {
            _received.Write(head);
            _received.Write(payload);
        }

        return payload;
    }
}
