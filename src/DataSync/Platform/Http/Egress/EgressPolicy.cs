using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http.Egress;

/// <summary>
/// Decides where this process may connect on a tenant's behalf. A name is resolved once, every answer is checked, and the caller connects
/// to the addresses returned, so a name that changes its answer in between gains nothing.
/// </summary>
internal sealed class EgressPolicy(IOptions<EgressOptions> options, NameResolution resolve)
{
    private readonly EgressAllowList _allowed = options.Value.Read(out _);

    /// <summary>True where a connection to the address is allowed for the port of that host.</summary>
    public bool Allows(string host, int port, IPAddress address)
        => SpecialAddresses.IsPublic(address)
            || _allowed.Ranges.Any(r => r.Contains(address))
            || _allowed.Hosts.Contains((EgressAllowList.Normal(host), port));

    /// <summary>Resolves the host to its addresses, unchecked. Fails with <c>errors.connection.unresolved</c>.</summary>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken ct)
    {
        if (IPAddress.TryParse(host, out var literal)) return [literal];
        try
        {
            var addresses = await resolve(host, ct);
            return addresses.Count > 0 ? addresses : throw Unresolved(host, transient: false, null);
        }
        catch (SocketException e)
        {
            throw Unresolved(host, e.SocketErrorCode == SocketError.TryAgain, e);
        }
        catch (ArgumentException e)
        {
            throw Unresolved(host, transient: false, e);
        }
    }

    /// <summary>Refuses with <c>errors.connection.egress_denied</c> unless every one of the addresses is allowed.</summary>
    public void Check(string host, int port, IReadOnlyList<IPAddress> addresses)
    {
        if (!addresses.All(a => Allows(host, port, a)))
            throw new SyncFailureException(SyncFailure.Permanent("errors.connection.egress_denied", ("host", host), ("port", port)));
    }

    /// <summary>The addresses to connect to, resolved and checked.</summary>
    public async Task<IReadOnlyList<IPAddress>> VetAsync(string host, int port, CancellationToken ct)
    {
        var addresses = await ResolveAsync(host, ct);
        Check(host, port, addresses);
        return addresses;
    }

    private static SyncFailureException Unresolved(string host, bool transient, Exception? inner)
    {
        const string Key = "errors.connection.unresolved";
        return new SyncFailureException(transient ? SyncFailure.Transient(Key, ("host", host)) : SyncFailure.Permanent(Key, ("host", host)), inner);
    }
}

/// <summary>Looks a name up; the system's resolver unless a test puts another in its place.</summary>
internal delegate Task<IReadOnlyList<IPAddress>> NameResolution(string host, CancellationToken ct);
