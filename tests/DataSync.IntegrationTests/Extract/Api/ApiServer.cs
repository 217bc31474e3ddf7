using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>A real HTTP server in this process that answers as a test says, and keeps what it was asked.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiServer(WebApplication app) => _app = app;

    /// <summary>What the server was asked, in order: path and query.</summary>
    public ConcurrentQueue<AskedRequest> Asked { get; } = new();

    public IEnumerable<string> Targets => Asked.Select(a => a.Target);

    public Uri Url => new(_app.Urls.Single());

    /// <summary>Answers every request with <paramref name="answer"/>.</summary>
    public static async Task<ApiServer> StartAsync(Func<HttpContext, Task> answer, bool tls = false, Action<HttpsConnectionAdapterOptions>? https = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (https is not null) listen.UseHttps(https);
                else if (tls) listen.UseHttps(SelfSigned());
            });
        });
        var app = builder.Build();
        var server = new ApiServer(app);
        app.Run(async context =>
        {
            server.Asked.Enqueue(new AskedRequest(
                context.Request.Path + context.Request.QueryString,
                context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            await answer(context);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>Answers with JSON text.</summary>
    public static Task<ApiServer> JsonAsync(Func<HttpContext, string> answer) => StartAsync(context => WriteAsync(context, answer(context)));

    public static Task WriteAsync(HttpContext context, string body, string type = "application/json")
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}

/// <summary>A request as the server saw it.</summary>
internal sealed record AskedRequest(string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
