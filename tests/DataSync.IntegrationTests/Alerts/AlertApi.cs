using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DataSync.Alerts.Conditions;
using DataSync.Alerts.Evaluation;
using DataSync.Alerts.Notices;
using DataSync.IntegrationTests.Extract.Egress;
using DataSync.IntegrationTests.Host;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Hangfire;
using DataSync.Platform.Persistence;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>An API process's inside, on a port of its own, that neither looks for alerts nor sends by itself: a test does, with senders of as many workers as it wants. It may connect to one address alone, which its mail server is not at.</summary>
public sealed class AlertApi : IAsyncLifetime
{
    private const string DeniedAddress = "127.0.0.2";
    private readonly string _exports = Directory.CreateTempSubdirectory("datasync-exports-").FullName;
    private readonly HttpClient _client = new();
    private WebApplication? _app;

    internal SystemDatabase Database { get; } = new();

    /// <summary>Somebody's server, where it may connect to.</summary>
    internal AlertReceiver Posts { get; private set; } = null!;

    /// <summary>The mail server, where it may not.</summary>
    internal DialTrap Mail { get; } = new(only: IPAddress.Parse(DeniedAddress));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Posts = await AlertReceiver.StartAsync(Ct);
        await Database.InitializeAsync();
        await HangfireSchema.InstallAsync(Database.Options, Ct);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = Database.Options.Connection,
            ["DATASYNC_SYSTEM_CONNECTION"] = Database.Options.SystemConnection,
            ["DATASYNC_MASTER_KEY"] = RunningSystem.MasterKey,
            ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(RunningSystem.TokenKey),
            ["DATASYNC_EXPORT_ROOT"] = _exports,
            ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.1/32",
            ["DATASYNC_TLS_EXCEPTIONS"] = $"127.0.0.1,{DeniedAddress}",
            ["DATASYNC_SMTP_HOST"] = DeniedAddress,
            ["DATASYNC_SMTP_PORT"] = Mail.Port.ToString(CultureInfo.InvariantCulture),
            ["DATASYNC_SMTP_TLS"] = "none",
        });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Api);
        _app = builder.Build();
        _app.MapDataSync(DataSyncRole.Api);
        await _app.StartAsync(Ct);
        _client.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        if (Posts is not null) await Posts.DisposeAsync();
        Mail.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(_exports, recursive: true);
    }

    internal T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    internal IEnumerable<T> Every<T>() => _app!.Services.GetServices<T>();

    /// <summary>The sender of a worker of its own.</summary>
    internal NoticeSender NewSender() => ActivatorUtilities.CreateInstance<NoticeSender>(_app!.Services);

    /// <summary>Looks for alerts, as a worker does, at a time.</summary>
    internal Task<AlertCount> LookAsync(DateTimeOffset at)
        => new AlertLook(Get<DataSources>(), Every<IAlertCondition>(), ActivatorUtilities.CreateInstance<FailingConditions>(_app!.Services)).LookAsync(at, Ct);

    /// <summary>Makes a channel, or another thing, and says what it became.</summary>
    internal async Task<JsonElement> PutAsync(string tenant, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"api/alert-{path}") { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };
        return await SendAsync(tenant, request);
    }

    /// <summary>The tenant's notices as they are shown, the newest first.</summary>
    internal async Task<IReadOnlyList<JsonElement>> NoticesAsync(string tenant, string state)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/alert-notices?state={state}&page_size=100");
        return [.. (await SendAsync(tenant, request)).GetProperty("items").EnumerateArray()];
    }

    /// <summary>Jobs of the tenant end, of which its channels are told that ask for it.</summary>
    internal Task EndJobsAsync(string tenant, int count, string status = JobStatus.Completed)
        => Jobs.Metrics.EndedJobs.StoreAsync(Database, tenant, [.. Enumerable.Range(0, count).Select(_ => new Jobs.Metrics.EndedJob("s", status, 0, 10, 1, 0, 1, 0, "errors.connection.refused", false))], TimeProvider.System.GetUtcNow(), Ct);

    /// <summary>One value, as the superuser sees it.</summary>
    internal async Task<T?> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.Superuser.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(Ct) is T found ? found : default;
    }

    private async Task<JsonElement> SendAsync(string tenant, HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", RunningSystem.Token(tenant, "sources.write sync.read sync.write operator"));
        using var answer = await _client.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{request.RequestUri}: {(int)answer.StatusCode} {text}");
        return JsonElement.Parse(text);
    }
}
