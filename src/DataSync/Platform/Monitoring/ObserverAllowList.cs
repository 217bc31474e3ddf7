using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace DataSync.Platform.Monitoring;

/// <summary>
/// Who may read <c>/metrics</c> and the details of <c>/health</c>: the addresses of <c>DATASYNC_METRICS_ALLOW</c> (CIDRs, commas), loopback if not set.
/// The address is the connection's own, no header's: behind a proxy on this machine, let the proxy keep these paths to itself.
/// </summary>
internal sealed class ObserverAllowList
{
    private readonly IPNetwork[] _networks;

    public ObserverAllowList(IConfiguration configuration)
    {
        var setting = configuration["DATASYNC_METRICS_ALLOW"] is { Length: > 0 } cidrs ? cidrs : "127.0.0.0/8,::1/128";
        _networks = [.. setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    public bool Allows(IPAddress? address)
    {
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return _networks.Any(n => n.Contains(address));
    }

    private static IPNetwork Parse(string text)
    {
        if (IPNetwork.TryParse(text, out var network)) return network;
        if (IPAddress.TryParse(text, out var address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        throw new FormatException($"DATASYNC_METRICS_ALLOW holds '{text}', which is no CIDR such as 10.0.0.0/8.");
    }
}

/// <summary>Hides an endpoint from everybody else, before it does anything.</summary>
internal sealed record ObserversOnly;

internal sealed class ObserversOnlyMiddleware(RequestDelegate next, ObserverAllowList observers)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<ObserversOnly>() is null || observers.Allows(context.Connection.RemoteIpAddress)) return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
