using System.Text;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using DataSync.Platform.Tenancy;
using DataSync.Refine.LabelStudio;
using DataSync.Refine.LabelStudio.Api;
using DataSync.Refine.LabelStudio.Projects;
using DataSync.Refine.LabelStudio.Tasks;
using DataSync.Refine.LabelStudio.Waiting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Our side of the wire, as a process has it, allowed to reach the loopback.</summary>
internal sealed class LabelStudioRig : IDisposable
{
    public static readonly Guid Job = Guid.Parse("019f0000-0000-7000-8000-000000000001");
    private readonly LabelStudioPools _pools;
    private readonly IOptions<LabelStudioOptions> _options;

    public LabelStudioRig(string egress = "127.0.0.0/8", string exceptions = "127.0.0.0/8", int timeoutSeconds = 5, (Uri Url, string Key)? operators = null, int pollSeconds = 15, TimeProvider? pauses = null)
    {
        var time = TimeProvider.System;
        var options = Options.Create(new LabelStudioOptions { TlsExceptions = exceptions, TimeoutSeconds = timeoutSeconds, Url = operators?.Url.AbsoluteUri ?? "", ApiKey = operators?.Key ?? "", PollSeconds = pollSeconds, FirstImportLook = TimeSpan.FromMilliseconds(40) });
        _pools = new LabelStudioPools(new EgressPolicy(Options.Create(new EgressOptions { Allow = egress }), static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct)), options, time);
        Client = new LabelStudioClient(_pools, new LabelStudioTokens(_pools, time));
        (_options, Look) = (options, new TaskLook(Client));
        Import = new TaskImport(Client, new TaskMatch(Client), new TransientRetry(Options.Create(new RetryOptions { MaxAttempts = 4, InitialDelaySeconds = 0.02, MaxDelaySeconds = 1 }), time), options, pauses ?? time);
    }

    public LabelStudioClient Client { get; }

    public TaskImport Import { get; }

    public TaskLook Look { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What jobs annotate by, with projects of the operator's server alone.</summary>
    public AnnotationFloor Floor(TenantDatabase database)
        => new(new ProjectStore(database, null!, _options, TimeProvider.System), new SentTasks(database), Import, new TaskTwins(Client, new SentTasks(database), NullLogger<TaskTwins>.Instance), Look, _options, TimeProvider.System, NullLogger<AnnotationFloor>.Instance);

    public static LabelStudioServer Legacy(FakeLabelStudio fake, Uri? at = null) => Server(at ?? fake.Url, fake.Logins.Legacy);

    public static LabelStudioServer Personal(FakeLabelStudio fake) => Server(fake.Url, fake.Logins.Personal);

    public static LabelStudioServer Server(Uri url, string key) => new(LabelStudioServer.TryReadUrl(url.AbsoluteUri, out var read) ? read : throw new ArgumentException("no address", nameof(url)), key);

    /// <summary>A batch of records with the member <c>text</c>.</summary>
    public static TaskBatch Batch(params IEnumerable<string> texts)
    {
        var batch = new TaskBatch(Job, null);
        foreach (var (i, text) in texts.Index()) batch.Add(i + 1, Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}"""));
        return batch;
    }

    public Task<bool> SendAsync(LabelStudioServer server, TaskBatch batch, bool mayBeThere = false, long project = 1, DateTimeOffset? deadline = null)
        => Import.SendAsync(server, project, batch, DateTimeOffset.UtcNow, mayBeThere, deadline ?? DateTimeOffset.MaxValue, Ct);

    /// <summary>Each record's task holds that record, and no record has two.</summary>
    public static void AssertEachOnce(FakeLabelStudio fake, TaskBatch batch, long project = 1)
    {
        Assert.Equal(batch.Tasks.Count, fake.Work.Tasks(project).Count);
        foreach (var task in batch.Tasks)
        {
            var there = fake.Work.Task(task.TaskId!.Value);
            Assert.Equal(task.Key, there.Meta![TaskKey.Member]!.GetValue<string>());
            Assert.Contains(there.Data["text"]!.GetValue<string>(), Encoding.UTF8.GetString(task.Json.Span), StringComparison.Ordinal);
        }
    }

    public void Dispose() => _pools.Dispose();
}
