using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>
/// Notices every attempt to connect to its port: by listening on every address of this machine, and by the runtime's own trace of each socket that is dialled,
/// whichever driver dials and wherever to. Only addresses of this machine can be listened to; the trace sees the others.
/// </summary>
internal sealed class DialTrap : IDisposable
{
    private readonly TcpListener _listener;
    private readonly ActivityListener _traces;
    private readonly ConcurrentQueue<string> _dialled = new();

    /// <summary>Takes a port of its own.</summary>
    /// <param name="listens">False for a port that nobody listens on.</param>
    /// <param name="only">Listens on this address alone; null for all there are.</param>
    public DialTrap(bool listens = true, IPAddress? only = null)
    {
        _listener = new TcpListener(only ?? IPAddress.IPv6Any, 0);
        if (only is null) _listener.Server.DualMode = true;
        _listener.Start(1000);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        if (!listens) _listener.Stop();
        _traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Experimental.System.Net.Sockets",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (Convert.ToInt32(span.GetTagItem("network.peer.port") ?? 0, CultureInfo.InvariantCulture) == Port) _dialled.Enqueue($"{span.GetTagItem("network.peer.address")}");
            },
        };
        ActivitySource.AddActivityListener(_traces);
    }

    public int Port { get; }

    /// <summary>The addresses dialled at this port.</summary>
    public IReadOnlyCollection<string> Dialled => _dialled;

    /// <summary>True where somebody connected.</summary>
    public bool IsReached => _listener.Server.IsBound && _listener.Pending();

    public void AssertUntouched()
    {
        Assert.Empty(_dialled);
        Assert.False(IsReached);
    }

    public void Dispose()
    {
        _traces.Dispose();
        _listener.Dispose();
    }
}
