using System.Text;
using System.Text.Json;
using DataSync.Extract.Read;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Extract.Read;

public class ReadRecordSourceTests
{
    private static readonly SyncFailure Lost = SyncFailure.Transient("errors.connection.lost");
    private static readonly SyncFailure Denied = SyncFailure.Permanent("errors.connection.authentication");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_a_transient_failure_is_retried_up_to_the_limit()
    {
        var connector = new ScriptedConnector(resumable: true, (0, Lost), (0, Lost), (5, null));
        Assert.Equal(5, (await ReadAsync(connector)).Count);
        Assert.Equal(3, connector.Requests.Count);

        var hopeless = new ScriptedConnector(resumable: true, (0, Lost), (0, Lost), (0, Lost), (5, null));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(hopeless));
        Assert.Equal(Lost, failure.Failure);
        Assert.Equal(3, hopeless.Requests.Count);
    }

    [Theory]
    [InlineData(0), InlineData(2)]
    public async Task ReadAsync_a_wait_that_could_not_end_in_time_is_left_to_the_engine_at_once(int records)
    {
        var busy = Lost with { RetryAfter = TimeSpan.FromHours(1) };
        var connector = new ScriptedConnector(resumable: true, (records, busy), (5, null));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(connector, deadline: DateTimeOffset.UtcNow.AddMinutes(5)));
        Assert.Equal((busy, 1), (failure.Failure, connector.Requests.Count));
    }

    [Fact]
    public async Task ReadAsync_a_permanent_failure_is_not_retried()
    {
        var connector = new ScriptedConnector(resumable: true, (3, Denied), (5, null));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(connector));
        Assert.Equal((Denied, 1), (failure.Failure, connector.Requests.Count));
    }

    [Fact]
    public async Task ReadAsync_progress_begins_the_budget_anew()
    {
        var connector = new ScriptedConnector(resumable: true, (0, Lost), (0, Lost), (1, Lost), (0, Lost), (0, Lost), (1, Lost), (0, Lost), (1, null));
        Assert.Equal([0, 1, 2], await ReadAsync(connector));
        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2], connector.Requests.Select(r => r.FirstSeq));
        Assert.Equal("1", Encoding.UTF8.GetString(connector.Requests[^1].ResumeToken.Span));
    }

    [Fact]
    public async Task ReadAsync_where_it_cannot_go_on_it_fails_rather_than_repeat()
    {
        var connector = new ScriptedConnector(resumable: false, (0, Lost), (2, Lost), (5, null));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(connector));
        Assert.Equal((Lost, 2), (failure.Failure, connector.Requests.Count));
    }

    [Fact]
    public async Task ReadAsync_each_attempt_opens_the_source_and_is_logged_with_the_correlation_id()
    {
        var log = new CollectingLogger();
        var opened = 0;
        await ReadAsync(new ScriptedConnector(resumable: true, (0, Lost), (2, Lost), (1, null)), log, () => opened++);
        Assert.Equal(3, opened);
        Assert.Equal([1000, 1001, 1000, 1001, 1000, 1003], log.Lines.Select(l => l.Event));
        Assert.All(log.Lines, l =>
        {
            Assert.Equal("trace-7", l.Values["CorrelationId"]);
            Assert.Equal("trace-7", l.Scope["CorrelationId"]);
            Assert.DoesNotContain("canary-secret", l.Text, StringComparison.Ordinal);
        });
        Assert.Equal([1, 2], log.Lines.Where(l => l.Event == 1001).Select(l => l.Values["Attempt"]));
        Assert.All(log.Lines.Where(l => l.Event == 1001), l => Assert.Equal("errors.connection.lost", l.Values["ErrorKey"]));
        Assert.All(log.Lines.Where(l => l.Event == 1001), l => Assert.InRange((double)l.Values["WaitMilliseconds"]!, 0.1, 1000));
    }

    [Fact]
    public async Task ReadAsync_bad_parameters_fail_at_once_with_every_fault()
    {
        var connector = new ScriptedConnector(resumable: true, (1, null));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => ReadAsync(connector, plan: new SyncPlan { ExtractionParams = JsonDocument.Parse("""{"row_limit":0}""").RootElement }));
        Assert.Equal("errors.extraction.parameters", failure.Failure.MessageKey);
        Assert.Equal(2, failure.Faults.Count);
        Assert.Empty(connector.Requests);
    }

    [Fact]
    public async Task ReadAsync_a_consumer_that_stops_ends_the_reading()
    {
        var connector = new ScriptedConnector(resumable: true, (1_000_000, null));
        await foreach (var batch in Source(connector, new CollectingLogger()).ReadAsync(Run(connector, null, null), Ct))
        {
            batch.Dispose();
            break;
        }

        Assert.Single(connector.Requests);
    }

    // Feature: data-sync-pipeline, Property 3: For any connection failure, the system should log the error with a correlation ID and retry according to the configured retry policy (exponential backoff, max attempts).
    [Trait("Property", "3")]
    [Property(MaxTest = 200)]
    public Property ReadAsync_any_run_of_failures_gives_every_record_once_or_fails_when_the_budget_is_spent() => Prop.ForAll(
        (from records in Gen.Choose(0, 3) from fails in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false))) select (records, fails)).ListOf(12).ToArbitrary(),
        Gen.Choose(1, 5).ToArbitrary(),
        (script, budget) => Task.Run(async () =>
        {
            var attempts = script.Select(a => (a.records, a.fails ? Lost : null)).Append((1, null)).ToArray();
            var (expected, tries, succeeds) = Expect(attempts, budget);
            var connector = new ScriptedConnector(resumable: true, attempts);
            var log = new CollectingLogger();
            var got = new List<long>();
            SyncFailureException? failure = null;
            try
            {
                got = await ReadAsync(connector, log, budget: budget);
            }
            catch (SyncFailureException e)
            {
                failure = e;
            }

            Assert.Equal(succeeds, failure is null);
            Assert.Equal(tries, connector.Requests.Count);
            Assert.Equal(tries - 1, log.Lines.Count(l => l.Event == 1001 && Equals(l.Values["CorrelationId"], "trace-7")));
            if (succeeds) Assert.Equal(Enumerable.Range(0, expected).Select(i => (long)i), got);
        }).GetAwaiter().GetResult());

    /// <summary>The policy told anew: attempts without progress in a row, at most the budget.</summary>
    private static (int Records, int Tries, bool Succeeds) Expect((int Records, SyncFailure? Failure)[] attempts, int budget)
    {
        var (records, barren) = (0, 0);
        for (var i = 0; ; i++)
        {
            records += attempts[i].Records;
            if (attempts[i].Failure is null) return (records, i + 1, true);
            barren = attempts[i].Records > 0 ? 0 : barren + 1;
            if (barren == budget) return (records, i + 1, false);
        }
    }

    private static async Task<List<long>> ReadAsync(
        ScriptedConnector connector, CollectingLogger? log = null, Action? opening = null, SyncPlan? plan = null, int budget = 3, DateTimeOffset? deadline = null)
    {
        var seqs = new List<long>();
        await foreach (var batch in Source(connector, log ?? new CollectingLogger(), budget).ReadAsync(Run(connector, opening, plan) with { Deadline = deadline ?? DateTimeOffset.MaxValue }, Ct))
        {
            using (batch) seqs.Add(batch.FirstSeq);
        }

        return seqs;
    }

    private static ReadRecordSource Source(ScriptedConnector connector, CollectingLogger log, int budget = 3) => new(
        [connector], new TransientRetry(Options.Create(new RetryOptions { MaxAttempts = budget, InitialDelaySeconds = 0.001, MaxDelaySeconds = 0.002 }), TimeProvider.System),
        new DerivedKeys([new byte[32]]), static (_, _) => throw new NotSupportedException("A full sync is compared with nothing."), static (_, _, _) => Task.FromResult(false), TimeProvider.System, log);

    private static SyncRun Run(ScriptedConnector connector, Action? opening, SyncPlan? plan) => new()
    {
        TenantId = "t",
        JobId = Guid.Empty,
        SourceId = "s",
        SourceType = "read",
        CorrelationId = "trace-7",
        Language = "en-US",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fence = 1,
        Plan = plan ?? new SyncPlan { ExtractionParams = JsonDocument.Parse("""{"table":"t"}""").RootElement },
        Checkpoint = new Checkpoint(),
        OpenSource = _ =>
        {
            opening?.Invoke();
            return ValueTask.FromResult(new SourceConnection(connector.Driver, default));
        },
        Advance = (_, _, _) => throw new NotSupportedException("Reading moves no checkpoint."),
        RegisterWriter = (_, _) => throw new NotSupportedException("Reading writes nothing."),
    };

    private sealed class CollectingLogger : ILogger<ReadRecordSource>
    {
        private readonly AsyncLocal<IReadOnlyDictionary<string, object>?> _scope = new();

        public List<(int Event, IReadOnlyDictionary<string, object?> Values, IReadOnlyDictionary<string, object> Scope, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _scope.Value = state as IReadOnlyDictionary<string, object>;
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = ((IReadOnlyList<KeyValuePair<string, object?>>)state!).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
            Lines.Add((eventId.Id, values, _scope.Value ?? new Dictionary<string, object>(), formatter(state, exception) + exception));
        }
    }
}
