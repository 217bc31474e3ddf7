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
    /// <summary>How many of a name's addresses are tried: whose zone holds hundreds that do not answer would have all of them waited for.</summary>
    public const int MostAddresses = 8;

    private readonly EgressAllowList _allowed = options.Value.Read(out _);

    /// <summary>True where a connection to the address is allowed for the port of that host.</summary>
    public bool Allows(string host, int port, IPAddress address)
        => SpecialAddresses.IsPublic(address)
            || _allowed.Ranges.Any(r => r.Contains(address))
            || _allowed.Hosts.Contains((EgressAllowList.Normal(host), port));

    /// <summary>
    /// Resolves the host to its addresses, unchecked: none for a name that does not exist, which <see cref="Check"/> then refuses in the same words as one that
    /// leads inside, so that nobody learns from it which names there are. Fails with <c>errors.connection.unresolved</c> where the name service does not answer.
    /// </summary>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken ct)
    {
        if (IPAddress.TryParse(host, out var literal)) return [literal];
        try
        {
            return await resolve(host, ct);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return [];
        }
        catch (SocketException e)
        {
            throw new SyncFailureException(SyncFailure.Transient("errors.connection.unresolved", ("host", host)), e);
        }
        catch (ArgumentException)
        {
            return [];
        }
    }

    /// <summary>Refuses with <c>errors.connection.egress_denied</c> unless there are addresses and every one of them is allowed; returns those to dial.</summary>
    public IReadOnlyList<IPAddress> Check(string host, int port, IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count == 0 || !addresses.All(a => Allows(host, port, a)))
            throw new SyncFailureException(SyncFailure.Permanent("errors.connection.egress_denied", ("host", host), ("port", port)));

        // of many, both families by turns: one of them may lead nowhere from here
        return addresses.Count > MostAddresses ? [.. addresses.GroupBy(a => a.AddressFamily).SelectMany(g => g.Select((a, i) => (Address: a, Turn: i))).OrderBy(a => a.Turn).Select(a => a.Address).Take(MostAddresses)] : addresses;
    }

    /// <summary>The addresses to connect to, resolved and checked.</summary>
    public async Task<IReadOnlyList<IPAddress>> VetAsync(string host, int port, CancellationToken ct)
        => Check(host, port, await ResolveAsync(host, ct));
}

/// <summary>Looks a name up; the system's resolver unless a test puts another in its place.</summary>
internal delegate Task<IReadOnlyList<IPAddress>> NameResolution(string host, CancellationToken ct);
