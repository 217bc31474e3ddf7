namespace DataSync.Platform.Http.Egress;

/// <summary>Hosts that the operator excepts from TLS 1.3 with a verified certificate.</summary>
internal static class TlsExceptions
{
    public const string Setting = "DATASYNC_TLS_EXCEPTIONS";

    /// <summary>True where the list (hosts, addresses or CIDR ranges, by commas) names this host, or a range its address lies in.</summary>
    public static bool Names(string list, string host)
    {
        var literal = System.Net.IPAddress.TryParse(host, out var address);
        foreach (var entry in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (string.Equals(EgressAllowList.Normal(entry), EgressAllowList.Normal(host), StringComparison.Ordinal)) return true;
            if (literal && AddressRange.TryParse(entry, out var range) && range.Value.Contains(address!)) return true;
        }

        return false;
    }
}
