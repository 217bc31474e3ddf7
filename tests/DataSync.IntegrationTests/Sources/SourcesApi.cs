using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.Extract;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Audit;
using DataSync.Platform.Authentication.ApiKeys;
using DataSync.Platform.Caching;
using DataSync.Platform.Encryption;
using DataSync.Platform.Http;
using DataSync.Platform.Http.Idempotency;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Settings;
using DataSync.Sources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.IntegrationTests.Sources;

/// <summary>The sources' endpoints on the real HTTP floor, with the fake connector, on a port of their own.</summary>
public sealed class SourcesApi : IAsyncLifetime
{
    private readonly byte[] _tokenKey = RandomNumberGenerator.GetBytes(32);
    private readonly SystemDatabase _database = new();
    private WebApplication? _app;

    internal CollectedLogs Logs { get; } = new();

    internal SystemDatabase Database => _database;

    internal HttpClient Client { get; private set; } = null!;

    internal T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    public async ValueTask InitializeAsync()
    {
        await _database.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Configuration.AddConfiguration(SourcesRoom.Configuration(_database, SourcesRoom.NewKey("api")));
        builder.Configuration["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(_tokenKey);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(Logs);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddPersistence(builder.Configuration).AddEncryption(builder.Configuration).AddPlatformHttp(builder.Configuration).AddAudit(builder.Configuration)
            .AddConfigurationCache(builder.Configuration).AddTenantSettings(builder.Configuration).AddApiKeys(builder.Configuration).AddSingleton<SyncTelemetry>()
            .AddSources(builder.Configuration).AddSingleton<IdempotencyStore, PostgresIdempotencyStore>()
            .AddSingleton<IConnector, FakeConnector>().AddSingleton<IPlanSection, ExtractSection>();
        _app = builder.Build();
        _app.UsePlatformHttp();
        _app.MapTenantSettings();
        _app.MapApiKeys();
        _app.MapSources();
        await _app.StartAsync();
        Client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    /// <summary>Sends a request as a tenant and returns status, ETag and body.</summary>
    internal async Task<Answer> SendAsync(
        string tenant, HttpMethod method, string path, string? body = null, string? ifMatch = null, string? language = "en-US", string scope = "sources.write sync.read", string? key = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token(tenant, scope, language));
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept-Language", accept);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, response.Headers.ETag?.ToString(), response.Headers.Location?.ToString(), text);
    }

    /// <summary>Sends a request with these headers and no others; its body is read.</summary>
    internal async Task<Answer> SendAsync(HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, response.Headers.ETag?.ToString(), response.Headers.WwwAuthenticate.ToString(), await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    internal string Token(string tenant, string scope, string? language) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = "datasync-development",
        Audience = "datasync",
        TokenType = "at+jwt",
        Expires = DateTime.UtcNow.AddMinutes(5),
        Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["tenant_id"] = tenant, ["scope"] = scope, ["sub"] = "alice", ["language"] = language ?? "" },
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(_tokenKey), SecurityAlgorithms.HmacSha256),
    });
}

internal sealed record Answer(int Status, string? ETag, string? Location, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);

    public string? Code => Json.GetProperty("error_code").GetString();

    /// <summary>The faults as <c>path key</c>, in order of the paths.</summary>
    public IEnumerable<string> Faults => Json.GetProperty("errors").EnumerateArray()
        .Select(e => $"{e.GetProperty("path").GetString()} {e.GetProperty("message_key").GetString()}").Order(StringComparer.Ordinal);
}
