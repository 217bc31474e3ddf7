using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>
/// Providers that send as fast as they are answered, each on a connection of its own, as GitHub signs: the same body under a new id each time. One thread waits for all sockets at
/// once and does nothing else, as pgbench does: the machine is shared with what is measured, and every moment of the client's is missing there.
/// </summary>
internal sealed class DeliveryLoad(Uri address, string path, string secret, byte[] body)
{
    /// <summary>How long the last answers are waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _request = Request(address, path, secret, body);
    private long _next = Stopwatch.GetTimestamp();

    /// <summary>How long each connection waits from an answer to its next delivery.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Sends for a while, then waits until everything sent is answered.</summary>
    public Task<LoadResult> RunAsync(int connections, TimeSpan duration, CancellationToken ct)
        => Task.Factory.StartNew(() => Run(connections, duration, ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private LoadResult Run(int connections, TimeSpan duration, CancellationToken ct)
    {
        List<ProviderConnection> senders = new(connections);
        try
        {
            for (var i = 0; i < connections; i++) senders.Add(ProviderConnection.Open(address.Port, _request));
            var (result, began) = (new LoadResult(), Stopwatch.GetTimestamp());
            foreach (var sender in senders) sender.Send(Interlocked.Increment(ref _next));
            var (asked, resting) = (new List<Socket>(senders), new Queue<(ProviderConnection Sender, long Since)>());
            List<Socket> ready = new(connections);
            while (asked.Count > 0 || resting.Count > 0)
            {
                ct.ThrowIfCancellationRequested();
                var isOver = Stopwatch.GetElapsedTime(began) >= duration;
                if (isOver) resting.Clear();
                while (resting.TryPeek(out var first) && Stopwatch.GetElapsedTime(first.Since) >= Pause) asked.Add(Again(resting.Dequeue().Sender));
                if (asked.Count == 0)
                {
                    Thread.Sleep(1);
                    continue;
                }

                ready.Clear();
                ready.AddRange(asked);
                Socket.Select(ready, null, null, TimeSpan.FromMilliseconds(resting.Count > 0 ? 1 : 100));
                foreach (ProviderConnection sender in ready)
                {
                    if (sender.Receive() is not { } status) continue;
                    result.Add(status, sender.Waited);
                    if (!isOver && Pause == TimeSpan.Zero) Again(sender);
                    else asked.Remove(sender);
                    if (!isOver && Pause > TimeSpan.Zero) resting.Enqueue((sender, Stopwatch.GetTimestamp()));
                }

                if (Stopwatch.GetElapsedTime(began) > duration + Patience) throw new BenchmarkException($"{asked.Count} deliveries were not answered.");
                if (!isOver) result.Wall = Stopwatch.GetElapsedTime(began);
            }

            return result;
        }
        finally
        {
            foreach (var sender in senders) sender.Dispose();
        }
    }

    private ProviderConnection Again(ProviderConnection sender)
    {
        sender.Send(Interlocked.Increment(ref _next));
        return sender;
    }

    private static byte[] Request(Uri address, string path, string secret, byte[] body)
    {
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));
        var head = $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nX-Hub-Signature-256: sha256={signature}\r\nX-GitHub-Delivery: 00000000000000000000\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
