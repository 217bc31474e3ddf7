using System.Net;
using DataSync.Platform.Settings;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Monitoring;

/// <summary>
/// Who may read <c>/metrics</c> and the details of <c>/health</c>: the addresses of <c>DATASYNC_METRICS_ALLOW</c> (CIDRs, commas), loopback if not set.
/// The address is the connection's own, no header's: behind a proxy on this machine, let the proxy keep these paths to itself.
/// </summary>
internal sealed class ObserverAllowList
{
    private readonly IReadOnlyList<IPNetwork> _networks;

    private ObserverAllowList(IReadOnlyList<IPNetwork> networks) => _networks = networks;

    /// <summary>Reads the setting; what is no range is a fault and lets nobody in.</summary>
    public static ObserverAllowList Read(SettingsReader settings) => new(settings.Networks("DATASYNC_METRICS_ALLOW", "127.0.0.0/8,::1/128"));

    public bool Allows(IPAddress? address)
    {
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return _networks.Any(n => n.Contains(address));
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
