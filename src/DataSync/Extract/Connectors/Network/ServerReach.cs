using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Network;

/// <summary>The step of a connection test that only dials: whether anybody answers at a vetted address.</summary>
internal static class ServerReach
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Returns once one of the addresses answers; fails with a key of <c>errors.connection.*</c>.</summary>
    public static async Task DialAsync(ServerParameters source, IReadOnlyList<IPAddress> vetted, TimeProvider time, CancellationToken ct)
    {
        var turns = new DialTurns(vetted.Count, time);
        for (var i = 0; ; i++)
        {
            using var socket = new Socket(vetted[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
            timeout.CancelAfter(Patience);
            try
            {
                await socket.ConnectAsync(vetted[i], source.Port, timeout.Token);
                return;
            }
            catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
            {
                if (turns.IsLast(i)) throw Failed(new TimeoutException(null, e), source);
            }
            catch (SocketException e)
            {
                if (turns.IsLast(i)) throw Failed(e, source);
            }
        }
    }

    private static SyncFailureException Failed(Exception e, ServerParameters source) => new(ServerErrors.Of(e, source, opening: true)!, e);
}
