using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DataSync.Platform.Audit;
using DataSync.Platform.Http;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Monitoring;
using DataSync.Tests.Platform.Audit;
using DataSync.Tests.Platform.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Http;

/// <summary>The floor with sample endpoints on a random loopback port: real sockets, no database.</summary>
public sealed class ApiHost : IAsyncLifetime
{
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal)
    {
        ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(TestTokens.Key),
        ["DATASYNC_MASTER_KEY"] = MasterKey("first"),
    };

    private WebApplication? _app;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));

    public HttpClient Client { get; private set; } = null!;

    internal LogLines Log { get; } = new();

    internal SampleStore Samples { get; } = new();

    internal HeardAudit Audit { get; } = new();

    internal IServiceProvider Services => _app!.Services;

    /// <summary>Changes settings before the start.</summary>
    public ApiHost With(string name, string? value)
    {
        _settings[name] = value;
        return this;
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development, ApplicationName = "DataSync.Tests" });
        builder.Configuration.AddInMemoryCollection(_settings);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSetting("urls", _settings.GetValueOrDefault("urls") ?? "http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.Services.AddRouting();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddTelemetry(builder.Configuration, DataSyncRole.Api);
        builder.Services.AddPlatformHttp(builder.Configuration);
        builder.Services.AddSingleton<IdempotencyStore>(new MemoryIdempotencyStore(Time));
        builder.Services.AddSingleton(Samples);
        builder.Services.AddSingleton<AuditJournal>(Audit);
        builder.Services.AddSingleton<IReadinessCheck>(Samples);
        _app = builder.Build();
        _app.UsePlatformHttp();
        _app.MapPlatformHttp();
        _app.MapSamples();
        await _app.StartAsync();
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    /// <summary>A key that looks random, always the same one for a name.</summary>
    public static string MasterKey(string name) => Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    public string Token(string scope = "sync.read sync.write sources.write", string tenant = "demo", string? language = null)
        => TestTokens.Sign(TestTokens.Payload(Time.GetUtcNow(), tenant, scope, language));

    public async Task<Answer> SendAsync(HttpMethod method, string path, string? token = null, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        // a server that refuses a large body answers before it is sent, and then closes: ask first, as a careful client does
        request.Headers.ExpectContinue = content?.Headers.ContentLength > 512 * 1024;
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, body, response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
    }

    public Task<Answer> GetAsync(string path, string? token = null, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, token, null, headers);

    public Task<Answer> PostAsync(string path, string json, string? token = null, params (string Name, string Value)[] headers)
        => SendAsync(HttpMethod.Post, path, token ?? Token(), new StringContent(json, Encoding.UTF8, "application/json"), headers);

    /// <summary>Sends bytes no client library would send; answers all that comes back until the server closes.</summary>
    public async Task<string> RawAsync(string request, bool hangUp = false)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        if (hangUp) socket.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        try
        {
            return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        }
        catch (IOException) when (hangUp)
        {
            return ""; // the server may close its side by a reset once we have closed ours
        }
    }
}

/// <summary>An answer read to its end.</summary>
public sealed record Answer(int Status, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The faults of a problem as <c>path key</c>.</summary>
    public IReadOnlyList<string> Faults => [.. Json.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("path").GetString()} {e.GetProperty("message_key").GetString()}")];

    public string Key => Json.GetProperty("message_key").GetString()!;
}
