using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace DataSync.Platform.Http.Egress;

/// <summary>A CIDR range of one address family. IPv4 addresses mapped into IPv6 count as IPv4.</summary>
internal readonly record struct AddressRange(IPNetwork Network)
{
    public bool Contains(IPAddress address) => Network.Contains(Plain(address));

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>fd00::/8</c> or a single address.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AddressRange? range)
    {
        range = null;
        if (IPNetwork.TryParse(text, out var network)) range = new AddressRange(network);
        else if (!text.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(text, out var address))
            range = new AddressRange(new IPNetwork(Plain(address), Plain(address).GetAddressBytes().Length * 8));
        return range is not null;
    }

    /// <summary><c>::ffff:10.0.0.1</c> is 10.0.0.1; every rule must see it so.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
