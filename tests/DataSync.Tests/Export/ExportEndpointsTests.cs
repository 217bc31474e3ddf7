using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DataSync.Export;
using DataSync.Export.Storage.Links;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit;
using DataSync.Platform.Http;
using DataSync.Platform.Monitoring;
using DataSync.Platform.Tenancy.Regions;
using DataSync.Tests.Platform.Audit;
using DataSync.Tests.Platform.Authentication;
using DataSync.Tests.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataSync.Tests.Export;

/// <summary>The room's endpoints on the real floor, over a socket; only the room of the jobs is played.</summary>
public sealed class ExportEndpointsTests : IAsyncLifetime
{
    private static readonly Guid Running = Guid.Parse("019f0000-0000-7000-8000-000000000002");
    private readonly ExportRig _rig = new() { Plan = new SyncPlan { OutputFormats = ["jsonl", "csv"] } };
    private readonly HttpClient _client = new();
    private readonly HeardAudit _audit = new();
    private WebApplication? _app;
    private StageOutcome _outcome = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _outcome = await _rig.RunAsync(["""{"a":1}""", """{"a":2}"""], ct: Ct);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development, ApplicationName = "DataSync.Tests" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(TestTokens.Key),
            ["DATASYNC_MASTER_KEY"] = ApiHost.MasterKey("first"),
            ["DATASYNC_EXPORT_ROOT"] = _rig.Root,
        });
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddRouting().AddTelemetry(builder.Configuration, DataSyncRole.Api).AddPlatformHttp(builder.Configuration);
        builder.Services.AddExport(builder.Configuration).AddRegions(builder.Configuration);
        foreach (var exporter in ExportRig.Exporters) builder.Services.AddSingleton(exporter);
        foreach (var compression in ExportRig.Compressions) builder.Services.AddSingleton(compression);
        builder.Services.AddSingleton<AuditJournal>(_audit);
        builder.Services.AddSingleton<JobExists>((tenant, job, _) => Task.FromResult(tenant == ExportRig.Tenant && (job == ExportRig.Job || job == Running)));
        builder.Services.AddSingleton<FindExportsAgain>((_, _, _) => Task.FromResult<IReadOnlyList<Guid>>([]));
        _app = builder.Build();
        _app.UsePlatformHttp();
        _app.MapPlatformHttp();
        _app.MapExports();
        _app.MapExportLinks();
        await _app.StartAsync(Ct);
        _client.BaseAddress = new Uri(_app.Urls.Single());
        Authorize("sync.read", ExportRig.Tenant);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        _rig.Dispose();
    }

    [Fact]
    public async Task List_read_in_pages_holds_every_file_once_and_in_order()
    {
        List<string> names = [];
        string? cursor = null;
        do
        {
            var page = JsonElement.Parse(await _client.GetByteArrayAsync($"/api/sync/jobs/{ExportRig.Job}/exports?page_size=1{(cursor is null ? "" : $"&cursor={cursor}")}", Ct));
            names.Add(Assert.Single(page.GetProperty("items").EnumerateArray()).GetProperty("name").GetString()!);
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(_outcome.Exports.Select(f => f.Name), names);
    }

    [Fact]
    public async Task List_is_what_the_stage_reported()
    {
        var items = JsonElement.Parse(await _client.GetByteArrayAsync($"/api/sync/jobs/{ExportRig.Job}/exports", Ct)).GetProperty("items");
        Assert.Equal(
            _outcome.Exports.Select(f => $"{f.Name}|{f.Format}|{f.Bytes}|{f.Records}|{f.Sha256}|{f.Path}|{f.Compression}|{f.Split}"),
            items.EnumerateArray().Select(i => string.Join('|', i.EnumerateObject().Select(m => m.Value.ToString()))));
    }

    [Fact]
    public async Task List_of_a_job_without_an_export_is_empty()
        => Assert.Equal("""{"items":[],"next_cursor":null}""", await _client.GetStringAsync($"/api/sync/jobs/{Running}/exports", Ct));

    [Fact]
    public async Task Download_has_the_files_bytes_type_name_and_hash()
    {
        using var answer = await GetAsync("data.csv");
        Assert.Equal("a\r\n1\r\n2\r\n", await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal(9, answer.Content.Headers.ContentLength);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("data.csv", answer.Content.Headers.ContentDisposition!.FileName);
        Assert.Equal($"\"{_outcome.Exports.Single(f => f.Name == "data.csv").Sha256}\"", answer.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task Download_is_in_the_audit_log_before_its_first_byte_or_refused()
    {
        using (await GetAsync("data.csv")) { }
        var entry = Assert.Single(_audit.Written);
        Assert.Equal((ExportRig.Tenant, "user", "alice", "export.download", ExportRig.Job.ToString(), """{"part":"data.csv"}"""), (entry.TenantId, entry.ActorKind, entry.Actor, entry.Action, entry.Target, entry.Details));
        _audit.Fault = new SyncFailureException(SyncFailure.Transient("errors.audit.unavailable"));
        using var refused = await GetAsync("data.csv");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.DoesNotContain("a\r\n1", await refused.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_and_what_is_fetched_by_it_are_in_the_audit_log_of_whose_file_it_is()
    {
        using var made = await _client.PostAsync(new Uri($"/api/sync/jobs/{ExportRig.Job}/exports/data.csv/link", UriKind.Relative), new StringContent("{}", System.Text.Encoding.UTF8, "application/json"), Ct);
        var url = JsonElement.Parse(await made.Content.ReadAsStringAsync(Ct)).GetProperty("url").GetString()!;
        _client.DefaultRequestHeaders.Authorization = null;
        using (await _client.GetAsync(new Uri(url, UriKind.Relative), Ct)) { }
        using (await _client.GetAsync(new Uri(url + "x", UriKind.Relative), Ct)) { }
        Assert.Equal(
            [(ExportRig.Tenant, "user", "export.link", ExportRig.Job.ToString(), """{"part":"data.csv"}"""), (ExportRig.Tenant, "link", "export.fetch", ExportRig.Job.ToString(), """{"part":"data.csv"}""")],
            _audit.Written.Select(e => (e.TenantId, e.ActorKind, e.Action, e.Target, e.Details)));
        Assert.Empty(_audit.Offered);
    }

    [Fact]
    public async Task Download_of_a_range_is_that_part()
    {
        using var answer = await GetAsync("data.jsonl", range: new RangeHeaderValue(8, null));
        Assert.Equal((HttpStatusCode.PartialContent, "{\"a\":2}\n"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct)));
        Assert.Equal("bytes 8-15/16", answer.Content.Headers.ContentRange!.ToString());
        using var beyond = await GetAsync("data.jsonl", range: new RangeHeaderValue(16, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Fact]
    public async Task Download_of_what_the_caller_has_already_is_304()
    {
        using var first = await GetAsync("data.csv");
        using var again = await GetAsync("data.csv", known: first.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Theory]
    [InlineData("none.csv")]
    [InlineData("stray.json")]
    [InlineData("..%2F..%2Fsecret")]
    [InlineData("%2Fetc%2Fpasswd")]
    public async Task Download_of_what_the_manifest_does_not_name_is_404(string name)
    {
        await File.WriteAllTextAsync(Path.Combine(_rig.Folder, "stray.json"), "{}", Ct);
        await File.WriteAllTextAsync(Path.Combine(_rig.Root, "secret"), "x", Ct);
        using var answer = await GetAsync(name);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/data.csv")]
    public async Task Another_tenants_job_is_404(string file)
    {
        Authorize("sync.read", "Acme");
        using var answer = await _client.GetAsync(new Uri($"/api/sync/jobs/{ExportRig.Job}/exports{file}", UriKind.Relative), Ct);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/data.csv")]
    public async Task Token_without_the_scope_is_403(string file)
    {
        Authorize("sync.write", ExportRig.Tenant);
        using var answer = await _client.GetAsync(new Uri($"/api/sync/jobs/{ExportRig.Job}/exports{file}", UriKind.Relative), Ct);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private void Authorize(string scope, string tenant)
        => _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestTokens.Sign(TestTokens.Payload(TimeProvider.System.GetUtcNow(), tenant, scope, null)));

    private async Task<HttpResponseMessage> GetAsync(string name, RangeHeaderValue? range = null, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/sync/jobs/{ExportRig.Job}/exports/{name}");
        request.Headers.Range = range;
        if (known is not null) request.Headers.IfNoneMatch.Add(known);
        return await _client.SendAsync(request, Ct);
    }
}
