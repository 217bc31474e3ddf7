using System.Net;
using System.Net.Sockets;

namespace DataSync.Dev.Start;

/// <summary>Where the API listens.</summary>
sealed record Address(string Urls)
{
    const string Default = "http://127.0.0.1:8080";

    // A system that was just killed may need a moment to let go of its port.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The address of <c>DATASYNC_URLS</c> or the default.</summary>
    public static Address FromEnvironment() => new(Environment.GetEnvironmentVariable("DATASYNC_URLS") is { Length: > 0 } given ? given : Default);

    public static bool IsGiven => Environment.GetEnvironmentVariable("DATASYNC_URLS") is { Length: > 0 };

    /// <summary>An address nobody uses now.</summary>
    public static Address Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Address($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    /// <summary>The first address as a browser on this machine can open it.</summary>
    public Uri Browse
    {
        get
        {
            var first = Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[0];
            foreach (var any in new[] { "://*", "://+", "://0.0.0.0", "://[::]" }) first = first.Replace(any, "://127.0.0.1", StringComparison.Ordinal);
            return Uri.TryCreate(first, UriKind.Absolute, out var uri) ? uri : throw new DevException($"DATASYNC_URLS is no URL: {Urls}");
        }
    }

    public async Task<bool> IsFreeAsync(CancellationToken ct)
    {
        for (var start = TimeProvider.System.GetTimestamp(); IsTaken(Browse);)
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, ct);
        }
        return true;
    }

    static bool IsTaken(Uri uri)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.TryParse(uri.Host, out var ip) ? ip : IPAddress.Loopback, uri.Port);
            listener.Start();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }
}
