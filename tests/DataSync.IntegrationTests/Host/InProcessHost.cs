using System.IO.Pipelines;
using System.Text;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Inline;
using DataSync.Pipeline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DataSync.IntegrationTests.Host;

/// <summary>An API process's inside, in this process: for calls that bring their records, as webhooks will make them.</summary>
internal sealed class InProcessHost(IHost host) : IAsyncDisposable
{
    /// <summary>Starts it with a process's settings, and those given instead.</summary>
    public static async Task<InProcessHost> StartAsync(RunningSystem system, CancellationToken ct, params (string Name, string Value)[] settings)
    {
        var environment = system.Environment("api");
        foreach (var (name, value) in settings) environment[name] = value;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(environment.ToDictionary(s => s.Key, s => (string?)s.Value, StringComparer.Ordinal));
        builder.Services.AddDataSync(builder.Configuration, DataSyncRole.Api);
        var host = builder.Build();
        await host.StartAsync(ct);
        await RunningSystem.WaitAsync("the process's session", () => Task.FromResult(host.Services.GetRequiredService<WorkerSession>().Current is not null), ct);
        return new InProcessHost(host);
    }

    public T Get<T>() where T : notnull => host.Services.GetRequiredService<T>();

    /// <summary>A realtime push; returns the job and the answer.</summary>
    public async Task<(SyncJob Job, string Answer)> RealtimeAsync(InlineStart start, CancellationToken ct)
    {
        using var body = new MemoryStream();
        var output = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
        var job = await Get<InlineRunner>().RealtimeAsync(start, Get<InlineAnswers>().To(output, start.Language), ct);
        return (job, Encoding.UTF8.GetString(body.ToArray()));
    }

    public Task<SyncJob> HybridAsync(InlineStart start, CancellationToken ct) => Get<InlineRunner>().HybridPushAsync(start, ct);

    public static InlineStart Push(string tenant, SyncPlan plan, string payload) => new()
    {
        TenantId = tenant,
        SourceId = "s",
        Plan = plan,
        Payload = Encoding.UTF8.GetBytes(payload),
        CreatedBy = "webhook",
        CorrelationId = "c",
        Language = "en-US",
    };

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        host.Dispose();
    }
}
