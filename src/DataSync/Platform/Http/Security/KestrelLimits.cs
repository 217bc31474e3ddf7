using System.Security.Authentication;
using DataSync.Platform.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Http.Security;

/// <summary>What the server itself refuses, before any of our code runs.</summary>
internal sealed class KestrelLimits : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = RequestBody.DefaultLimit;
        options.Limits.MaxRequestLineSize = 16 * 1024; // an id of 255 code points takes 3,060 characters percent-encoded
        options.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        options.Limits.MaxRequestHeaderCount = 64;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(120);

        // An operator who must serve older callers says so for an endpoint of its own (Kestrel:Endpoints:…:SslProtocols).
        options.ConfigureHttpsDefaults(https => https.SslProtocols = SslProtocols.Tls13);
    }
}
