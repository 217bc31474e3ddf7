using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>
/// Providers that send as fast as they are answered, each on a connection of its own, as GitHub signs: the same body under a new id each time. On bare sockets, so that what is
/// measured is not the client.
/// </summary>
internal sealed class DeliveryLoad(Uri address, string path, string secret, byte[] body)
{
    private static ReadOnlySpan<byte> IdName => "X-GitHub-Delivery: "u8;

    private readonly byte[] _request = Request(address, path, secret, body);
    private long _next = Stopwatch.GetTimestamp();

    /// <summary>Sends for a while.</summary>
    public async Task<LoadResult> RunAsync(int connections, TimeSpan duration, CancellationToken ct)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var began = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => SendAsync(until, ct)));
        var wall = Stopwatch.GetElapsedTime(began);
        double[] times = [.. all.SelectMany(c => c.Times).Order()];
        return new LoadResult(wall, all.Sum(c => c.Accepted), all.Sum(c => c.Refused), times.Length == 0 ? 0 : times[(int)Math.Ceiling(times.Length * 0.99) - 1]);
    }

    private async Task<(long Accepted, long Refused, List<double> Times)> SendAsync(long until, CancellationToken ct)
    {
        var (accepted, refused, times) = (0L, 0L, new List<double>(4096));
        var request = _request.ToArray();
        var id = request.AsSpan().IndexOf(IdName) + IdName.Length;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, ct);
        var answer = new byte[16 * 1024];
        while (Stopwatch.GetTimestamp() < until)
        {
            Utf8Formatter.TryFormat(Interlocked.Increment(ref _next), request.AsSpan(id), out _, new System.Buffers.StandardFormat('D', 20));
            var asked = Stopwatch.GetTimestamp();
            await socket.SendAsync(request, ct);
            switch (await ReadAsync(socket, answer, ct))
            {
                case 202: accepted++; break;
                case 429 or 503: refused++; break;
                case var other: throw new BenchmarkException($"A delivery was answered {other}.");
            }

            times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        return (accepted, refused, times);
    }

    /// <summary>Reads one answer to its end; its status.</summary>
    private static async Task<int> ReadAsync(Socket socket, byte[] answer, CancellationToken ct)
    {
        for (var (length, expected) = (0, 0); ;)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(length), ct);
            if (read == 0) throw new BenchmarkException("The API closed a connection.");
            length += read;
            if (expected == 0 && answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is var end and >= 0) expected = end + 4 + BodyLength(answer.AsSpan(0, end));
            if (expected > 0 && length >= expected) return ((answer[9] - '0') * 100) + ((answer[10] - '0') * 10) + answer[11] - '0';
        }
    }

    private static int BodyLength(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        if (at < 0 || !Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _)) throw new BenchmarkException("An answer without a length.");
        return length;
    }

    private static byte[] Request(Uri address, string path, string secret, byte[] body)
    {
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));
        var head = $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nX-Hub-Signature-256: sha256={signature}\r\nX-GitHub-Delivery: 00000000000000000000\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}

/// <summary>What came of it.</summary>
/// <param name="Wall">How long it took.</param>
/// <param name="Accepted">Answered 202.</param>
/// <param name="Refused">Answered 429 or 503.</param>
/// <param name="P99">Milliseconds from a request to its answer that 99 of 100 took at most.</param>
internal sealed record LoadResult(TimeSpan Wall, long Accepted, long Refused, double P99);
