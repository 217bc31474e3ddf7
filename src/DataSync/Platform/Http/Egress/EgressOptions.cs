using System.Net;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http.Egress;

/// <summary>Where this installation may connect to beyond the public internet. Set by the operator, never by a tenant.</summary>
internal sealed class EgressOptions
{
    public const string AllowSetting = "DATASYNC_EGRESS_ALLOW";

    /// <summary>CIDR ranges and <c>host:port</c> pairs, separated by commas. Default: none.</summary>
    public string Allow { get; set; } = "";

    /// <summary>The entries, read; what could not be read goes to <paramref name="unreadable"/>.</summary>
    public EgressAllowList Read(out IReadOnlyList<string> unreadable)
    {
        var ranges = new List<AddressRange>();
        var hosts = new HashSet<(string Host, int Port)>();
        var bad = new List<string>();
        foreach (var entry in Allow.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (AddressRange.TryParse(entry, out var range)) ranges.Add(range.Value);
            else if (ReadHost(entry) is { } host) hosts.Add(host);
            else bad.Add(entry);
        }

        unreadable = bad;
        return new EgressAllowList(ranges, hosts);
    }

    private static (string Host, int Port)? ReadHost(string entry)
    {
        var colon = entry.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(entry.AsSpan(colon + 1), out var port) || port is < 1 or > IPEndPoint.MaxPort) return null;
        var host = entry[..colon].Trim('[', ']');
        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : (EgressAllowList.Normal(host), port);
    }
}

/// <summary>What the operator allowed.</summary>
internal sealed record EgressAllowList(IReadOnlyList<AddressRange> Ranges, IReadOnlySet<(string Host, int Port)> Hosts)
{
    /// <summary>Names compare without case and without the root's dot.</summary>
    public static string Normal(string host) => host.TrimEnd('.').ToLowerInvariant();
}

internal sealed class EgressOptionsValidation : IValidateOptions<EgressOptions>
{
    public ValidateOptionsResult Validate(string? name, EgressOptions options)
    {
        options.Read(out var unreadable);
        return unreadable.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(unreadable.Select(e => $"{EgressOptions.AllowSetting}: '{e}' is neither a CIDR range nor host:port."));
    }
}
