using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Hangfire;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.IntegrationTests.Jobs;

/// <summary>
/// Jobs queued by one version run on the next, so what Hangfire stores of each is frozen. If one of these tests fails, the change that made it fail
/// would strand every job that is queued while a deployment goes on: keep the old form working instead.
/// </summary>
public sealed class SerialisedJobTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private const string Type = "DataSync.Jobs.Hangfire.SyncJobEntry, DataSync";

    private const string Stored =
        """{"Type": "DataSync.Jobs.Hangfire.SyncJobEntry, DataSync", "Method": "RunAsync", "Arguments": "[\"\\\"a tenant\\\"\",\"\\\"019f0000-0000-7000-8000-000000000000\\\"\",null]", "ParameterTypes": "[\"System.String\",\"System.Guid, mscorlib\",\"System.Threading.CancellationToken, mscorlib\"]"}""";

    private static readonly Guid Job = Guid.Parse("019f0000-0000-7000-8000-000000000000");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sync_is_stored_in_its_frozen_form()
    {
        await using var services = await HangfireAsync();
        var id = services.GetRequiredService<IBackgroundJobClient>().Create<SyncJobEntry>(entry => entry.RunAsync("a tenant", Job, CancellationToken.None), new EnqueuedState(SyncJobEntry.Queue));
        await using var read = database.Superuser.CreateCommand($"SELECT invocationdata::text, arguments::text, (SELECT queue FROM hangfire.jobqueue WHERE jobid = j.id) FROM hangfire.job j WHERE id = {long.Parse(id, System.Globalization.CultureInfo.InvariantCulture)}");
        await using var row = await read.ExecuteReaderAsync(Ct);
        Assert.True(await row.ReadAsync(Ct));
        Assert.Equal(Stored, row.GetString(0));
        Assert.Equal("""["\"a tenant\"", "\"019f0000-0000-7000-8000-000000000000\"", null]""", row.GetString(1));
        Assert.Equal("sync", row.GetString(2));
    }

    [Fact]
    public async Task Frozen_form_finds_the_method_and_its_arguments()
    {
        await using var services = await HangfireAsync();
        var job = InvocationData.DeserializePayload(Stored).DeserializeJob();
        Assert.Equal((typeof(SyncJobEntry), nameof(SyncJobEntry.RunAsync)), (job.Type, job.Method.Name));
        Assert.Equal(["a tenant", Job], job.Args.Take(2));
        Assert.StartsWith(Type, Stored["{\"Type\": \"".Length..], StringComparison.Ordinal);
    }

    [Fact]
    public void No_other_method_is_ever_given_to_Hangfire()
        => Assert.Equal(
            [typeof(SyncJobEntry)],
            typeof(SyncJobEntry).Assembly.GetTypes().Where(t => t.GetMethods().Any(m => m.CustomAttributes.Any(a => a.AttributeType.IsAssignableTo(typeof(JobFilterAttribute))))));

    [Fact]
    public async Task Job_is_queued_although_another_host_of_the_process_is_gone()
    {
        await using var services = await HangfireAsync();
        await using (var gone = new ServiceCollection().AddLogging().AddSingleton(database.Options).AddSingleton(new EngineOptions()).AddHangfireStorage().BuildServiceProvider())
        {
            _ = gone.GetRequiredService<JobStorage>();
        }

        Assert.NotNull(services.GetRequiredService<IBackgroundJobClient>().Create<SyncJobEntry>(entry => entry.RunAsync("a tenant", Job, CancellationToken.None), new EnqueuedState(SyncJobEntry.Queue)));
    }

    private async Task<ServiceProvider> HangfireAsync()
    {
        await HangfireSchema.InstallAsync(database.Options, Ct);
        var services = new ServiceCollection().AddSingleton(database.Options).AddSingleton(new EngineOptions()).AddHangfireStorage().BuildServiceProvider();
        _ = services.GetRequiredService<JobStorage>();
        return services;
    }
}
