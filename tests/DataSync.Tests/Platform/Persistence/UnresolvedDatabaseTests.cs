using System.Diagnostics.Metrics;
using System.Net.Sockets;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Jobs.Engine.Waiting;
using DataSync.Jobs.Metrics;
using DataSync.Jobs.Webhooks.Drain;
using DataSync.Jobs.Webhooks.Inbox;
using DataSync.Platform.Caching;
using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Persistence;

/// <summary>A database whose name is not resolved for a while, as where it is started anew, throws no exception of Npgsql's own. It ends no loop that runs as long as its process.</summary>
public sealed class UnresolvedDatabaseTests
{
    private const string Nowhere = "Host=does-not-exist.invalid;Username=u;Password=p;Database=d";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(QueueGauges))]
    [InlineData(nameof(LeafKeeper))]
    [InlineData(nameof(Dispatcher))]
    [InlineData(nameof(InboxBell))]
    [InlineData(nameof(ConfigurationListener))]
    [InlineData(nameof(WorkerSession))]
    [InlineData(nameof(DrainKeeper))]
    [InlineData(nameof(WaitingJobs))]
    public async Task Loop_goes_on_where_the_databases_name_is_not_resolved(string name)
    {
        await using var sources = new DataSources(new DatabaseOptions { Connection = Nowhere, SystemConnection = Nowhere });
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var (time, told) = (new FakeTimeProvider(), new Told());
        var database = new TenantDatabase(null!, sources);
        using BackgroundService loop = name switch
        {
            nameof(QueueGauges) => new QueueGauges(sources, new EngineOptions(), new WorkerCapacity(() => [], new EngineOptions(), time), RegionOptions.None, services.GetRequiredService<IMeterFactory>(), time, told.For<QueueGauges>()),
            nameof(LeafKeeper) => new LeafKeeper(sources, time, told.For<LeafKeeper>()),
            nameof(Dispatcher) => new Dispatcher(sources, null!, time, told.For<Dispatcher>()),
            nameof(InboxBell) => new InboxBell(sources, time),
            nameof(ConfigurationListener) => new ConfigurationListener(sources, new ConfigurationGenerations(database, time), time, told.For<ConfigurationListener>()),
            nameof(WorkerSession) => new WorkerSession(sources, time, told.For<WorkerSession>()),
            nameof(DrainKeeper) => new DrainKeeper(sources, null!, RegionOptions.None, time, told.For<DrainKeeper>()),
            nameof(WaitingJobs) => new WaitingJobs(sources, database, time, told.For<WaitingJobs>()),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        await loop.StartAsync(Ct);

        // Some tell it each time, one tells it once, and one never: none may end.
        for (var i = 0; i < 600 && told.Times < 2 && !loop.ExecuteTask!.IsCompleted && !(i > 15 && name is nameof(InboxBell) or nameof(ConfigurationListener)); i++)
        {
            (loop as InboxBell)?.Ring();
            time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(TimeSpan.FromMilliseconds(100), Ct);
        }

        Assert.False(loop.ExecuteTask!.IsCompleted, loop.ExecuteTask.Exception?.ToString());
        Assert.True(told.Times > 0 || name == nameof(InboxBell));
        await loop.StopAsync(Ct);
    }

    [Fact]
    public void Unresolved_name_of_the_database_is_no_fault_of_the_jobs()
    {
        Assert.True(AttemptVerdict.IsOwnDatabase(new SocketException((int)SocketError.HostNotFound)));
        Assert.False(AttemptVerdict.IsOwnDatabase(new HttpRequestException("Another server.", new SocketException((int)SocketError.HostNotFound))));
    }

    private sealed class Told
    {
        private int _times;

        public int Times => Volatile.Read(ref _times);

        public ILogger<T> For<T>() => new Logger<T>(this);

        private sealed class Logger<T>(Told told) : ILogger<T>
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Interlocked.Increment(ref told._times);
        }
    }
}
