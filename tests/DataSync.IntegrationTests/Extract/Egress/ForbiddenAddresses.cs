using System.Net;

namespace DataSync.IntegrationTests.Extract.Egress;

/// <summary>Where nobody may be sent: every special range, and every way to write one. For HTTP, redirects and databases alike.</summary>
public static class ForbiddenAddresses
{
    /// <summary>As a tenant may write them; IPv6 without brackets.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "127.0.0.1", "127.1.2.3", "127.255.255.254", "localhost", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255",
        "169.254.169.254", "169.254.1.1", "168.63.129.16", "::ffff:168.63.129.16", "2822734096", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "198.18.0.1", "198.19.255.255",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
        "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "0", "0xa9fea9fe", "2852039166",
        "::1", "::", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2001:2::1", "2001:10::1", "2001:20::1", "3fff::1",
        "100::1", "::ffff:0:127.0.0.1", "5f00::1", "2620:4f:8000::1", "4000::1", "::ffff:100.64.0.1", "::ffff:192.168.1.1", "::ffff:0.0.0.0", "fe80::1%1",
    ];

    /// <summary>Those that are an address without being looked up: what a name server may answer.</summary>
    public static IEnumerable<IPAddress> Answers => All.Select(a => IPAddress.TryParse(a, out var address) ? address : null).OfType<IPAddress>().Distinct();

    /// <summary>As it stands in a URL.</summary>
    public static string InUrl(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address.Replace("%", "%25", StringComparison.Ordinal)}]" : address;
}
