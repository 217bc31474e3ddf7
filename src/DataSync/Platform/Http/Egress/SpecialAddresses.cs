using System.Net;
using System.Net.Sockets;

namespace DataSync.Platform.Http.Egress;

/// <summary>
/// Which addresses are an ordinary host on the public internet. The table follows IANA's special-purpose registries. .NET's own properties
/// miss most of it: addresses that carry an IPv4 address within them (NAT64, 6to4, Teredo) would lead inside.
/// </summary>
internal static class SpecialAddresses
{
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] Denied4 = Parse(
        "0.0.0.0/8",        // this network
        "10.0.0.0/8",       // private
        "100.64.0.0/10",    // carrier-grade NAT
        "127.0.0.0/8",      // loopback
        "168.63.129.16/32", // Azure's own services for its machines: public by its number alone
        "169.254.0.0/16",   // link-local, cloud metadata
        "172.16.0.0/12",    // private
        "192.0.0.0/24",     // protocol assignments
        "192.0.2.0/24",     // documentation
        "192.31.196.0/24",  // AS112
        "192.52.193.0/24",  // AMT relays
        "192.88.99.0/24",   // 6to4 relays
        "192.168.0.0/16",   // private
        "192.175.48.0/24",  // AS112
        "198.18.0.0/15",    // benchmarks
        "198.51.100.0/24",  // documentation
        "203.0.113.0/24",   // documentation
        "224.0.0.0/4",      // multicast
        "240.0.0.0/4");     // reserved, broadcast

    private static readonly IPNetwork[] Denied6 = Parse(
        "2001::/23",          // protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",      // documentation
        "2002::/16",          // 6to4
        "2620:4f:8000::/48",  // AS112
        "3fff::/20");         // documentation

    /// <summary>True for global unicast alone: everything not known to be public is refused.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var plain = AddressRange.Plain(address);
        if (plain.AddressFamily == AddressFamily.InterNetwork) return !Array.Exists(Denied4, n => n.Contains(plain));
        return plain.AddressFamily == AddressFamily.InterNetworkV6 && plain.ScopeId == 0
            && GlobalUnicast.Contains(plain) && !Array.Exists(Denied6, n => n.Contains(plain));
    }

    private static IPNetwork[] Parse(params string[] ranges) => [.. ranges.Select(r => IPNetwork.Parse(r))];
}
