using System.Globalization;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Connectors.Api;
using DataSync.Extract.Read;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Security;
using DataSync.Platform.Resilience;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>An API that fails at any page, in any way that may be over the next time.</summary>
public sealed class ApiRetryProperties : IAsyncLifetime
{
    private const int PageSize = 3;
    private readonly ApiConnector _connector = ApiSource.Connector();
    private readonly CollectedLogs _logs = new();
    private int[] _failures = [];
    private int _asked;
    private ApiServer _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync(AnswerAsync);

    public async ValueTask DisposeAsync()
    {
        _connector.Dispose();
        await _server.DisposeAsync();
        _logs.Dispose();
    }

    // Feature: data-sync-pipeline, Property 3: For any connection failure, the system should log the error with a correlation ID and retry according to the configured retry policy (exponential backoff, max attempts).
    [Property(MaxTest = 120)]
    [Trait("Property", "3")]
    public Property Any_failures_at_any_page_give_every_record_once_or_end_when_the_budget_is_spent() => Prop.ForAll(
        Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 2)), (1, Gen.Choose(3, 4))).ListOf(5).ToArbitrary(),
        Gen.Choose(1, 4).ToArbitrary(),
        (failures, budget) => Task.Run(async () =>
        {
            // the page behind the last has no records, and fails never
            (_failures, _asked) = ([.. failures, 0], 0);
            var (expected, asked, tries, succeeds) = Expect(budget);
            _logs.Clear();
            List<string> records = [];
            SyncFailureException? failure = null;
            try
            {
                await foreach (var batch in Source(budget).ReadAsync(Run(), Ct))
                {
                    using (batch) records.AddRange(Enumerable.Range(0, batch.Count).Select(i => Encoding.UTF8.GetString(batch.Raw[i])));
                }
            }
            catch (SyncFailureException e)
            {
                failure = e;
            }

            Assert.Equal(succeeds, failure is null);
            Assert.Equal(Enumerable.Range(1, expected).Select(i => i.ToString(CultureInfo.InvariantCulture)), records);
            Assert.Equal(asked, _asked);
            Assert.Equal(tries - 1, _logs.Lines.Count(l => l.StartsWith("Warning 1001 ", StringComparison.Ordinal) && l.Contains("correlation trace-9", StringComparison.Ordinal)));
            Assert.Equal(succeeds ? 0 : 1, _logs.Lines.Count(l => l.StartsWith("Error 1002 ", StringComparison.Ordinal) && l.Contains("correlation trace-9", StringComparison.Ordinal)));
        }).GetAwaiter().GetResult());

    /// <summary>The policy told anew: attempts without progress in a row, at most the budget.</summary>
    private (int Records, int Asked, int Tries, bool Succeeds) Expect(int budget)
    {
        int[] left = [.. _failures];
        var (page, asked, barren) = (0, 0, 0);
        for (var tries = 1; ; tries++)
        {
            var began = page;
            while (page < left.Length && left[page] == 0) (page, asked) = (page + 1, asked + 1);
            if (page == left.Length) return ((page - 1) * PageSize, asked, tries, true);
            (left[page], asked) = (left[page] - 1, asked + 1);
            barren = page > began ? 0 : barren + 1;
            if (barren == budget) return (page * PageSize, asked, tries, false);
        }
    }

    /// <summary>Fails at a page as often as it is told, each time in another way.</summary>
    private Task AnswerAsync(HttpContext context)
    {
        var page = int.Parse(context.Request.Query["page"].ToString(), CultureInfo.InvariantCulture) - 1;
        var asked = Interlocked.Increment(ref _asked);
        if (_failures[page]-- <= 0)
            return ApiServer.WriteAsync(context, page == _failures.Length - 1 ? "[]" : $"[{string.Join(',', Enumerable.Range((page * PageSize) + 1, PageSize))}]");
        switch (asked % 4)
        {
            case 0:
                context.Abort();
                return Task.CompletedTask;
            case 1:
                context.Response.StatusCode = 503;
                return Task.CompletedTask;
            case 2:
                context.Response.StatusCode = 500;
                return ApiServer.WriteAsync(context, """{"error":"canary of the server"}""");
            default:
                return BreakOffAsync(context);
        }
    }

    /// <summary>Hangs up within the body.</summary>
    private static async Task BreakOffAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 100;
        await context.Response.WriteAsync("[1,2", Ct);
        await context.Response.Body.FlushAsync(Ct);
        context.Abort();
    }

    private ReadRecordSource Source(int budget) => new(
        [_connector], new TransientRetry(Options.Create(new RetryOptions { MaxAttempts = budget, InitialDelaySeconds = 0.001, MaxDelaySeconds = 0.002 }), TimeProvider.System),
        new DerivedKeys([new byte[32]]), static (_, _) => throw new NotSupportedException("A full sync is compared with nothing."), static (_, _, _) => Task.FromResult(false), TimeProvider.System, LoggerFactory.Create(l => l.AddProvider(_logs)).CreateLogger<ReadRecordSource>());

    private SyncRun Run() => new()
    {
        TenantId = "t",
        JobId = Guid.Empty,
        SourceId = "s",
        SourceType = "pull",
        CorrelationId = "trace-9",
        Language = "en-US",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fence = 1,
        Plan = new SyncPlan { ExtractionParams = JsonElement.Parse("""{"path":"/x","pagination":{"type":"page"}}""") },
        Checkpoint = new Checkpoint(),
        OpenSource = _ => ValueTask.FromResult(ApiSource.Connection(_server.Url)),
        Advance = (_, _, _) => throw new NotSupportedException("Reading moves no checkpoint."),
        RegisterWriter = (_, _) => throw new NotSupportedException("Reading writes nothing."),
    };
}
