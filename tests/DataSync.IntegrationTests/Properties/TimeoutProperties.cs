using System.Diagnostics;
using System.Runtime.CompilerServices;
using DataSync.IntegrationTests.Jobs;
using DataSync.IntegrationTests.Postgres;
using DataSync.Jobs;
using DataSync.Jobs.Engine;
using DataSync.Pipeline;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.IntegrationTests.Properties;

/// <summary>The time limit of a sync, on a real database, against sources that are late in every way.</summary>
public sealed class TimeoutProperties(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 34: For any sync operation that exceeds the configured timeout, the system should cancel the operation, release resources, and
    // return a timeout error.
    [Property(MaxTest = 100)]
    [Trait("Property", "34")]
    public Property Sync_beyond_its_time_is_cancelled_releases_what_it_held_and_fails_with_a_timeout()
        => Prop.ForAll(
            (from batches in Gen.Choose(0, 4)
             from size in Gen.Choose(1, 50)
             from left in Gen.Choose(0, 120)
             from manner in Gen.Elements("waits", "drips", "deaf", "holds the thread", "fails when told")
             select (batches, size, left, manner)).ToArbitrary(),
            async given =>
            {
                using var release = new ManualResetEventSlim();
                var open = 0;
                var options = new EngineOptions { Unwinding = TimeSpan.FromMilliseconds(100), Heartbeat = TimeSpan.FromMilliseconds(200) };
                await using var rig = await EngineRig.StartAsync(database, options, new ScriptedSource(Read), null, Ct);
                var job = await rig.QueueAsync("late", Ct, timeoutSeconds: 1, runningMs: 1000 - given.left);
                var began = Stopwatch.GetTimestamp();
                await rig.RunAsync("late", job, CancellationToken.None);
                var took = Stopwatch.GetElapsedTime(began);
                Assert.True(took > TimeSpan.FromMilliseconds(given.left - 1), $"Ended after {took}, before its time.");
                Assert.True(took < TimeSpan.FromSeconds(2), $"Ended after {took}.");
                var ended = (await rig.Manager.FindDetailsAsync("late", job, Ct))!;
                Assert.Equal(JobStatus.Failed, ended.Job.Status);
                var failure = JobFailure.Read(ended.Job.ErrorDetails!);
                Assert.Equal(("errors.job.timeout", 1), (failure.MessageKey, failure.Params["seconds"].GetInt32()));
                Assert.Null(ended.Job.LeaseUntil);
                Assert.Null(ended.Job.WriterPid);
                Assert.Equal("failed", Assert.Single(ended.Attempts!).Outcome);

                // Whatever the source still gives, nothing is stored any more; and it is let go of as soon as it comes back.
                release.Set();
                for (var i = 0; i < 200 && Volatile.Read(ref open) > 0; i++) await Task.Delay(10, Ct);
                Assert.Equal(0, Volatile.Read(ref open));
                Assert.Equal(ended.Job.RecordCount, await rig.ScalarAsync<long>("SELECT count(*) FROM sync_data WHERE job_id = $1", Ct, job));
                Assert.Equal(ended.Job.RecordCount, await rig.ScalarAsync<long>("SELECT record_count FROM sync_jobs WHERE id = $1", Ct, job));

                async IAsyncEnumerable<RecordBatch> Read(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
                {
                    Interlocked.Increment(ref open);
                    try
                    {
                        var at = 0L;
                        for (var i = 0; i < given.batches; i++, at += given.size) yield return ScriptedSource.Batch(at, given.size);
                        switch (given.manner)
                        {
                            case "waits":
                                await Task.Delay(Timeout.Infinite, ct);
                                break;
                            case "drips":
                                for (; ; at++)
                                {
                                    await Task.Delay(5, ct);
                                    yield return ScriptedSource.Batch(at, 1);
                                }

                            case "deaf":
                                await Task.Run(() => release.Wait(CancellationToken.None), CancellationToken.None);
                                break;
                            case "holds the thread":
                                release.Wait(CancellationToken.None);
                                break;
                            default:
                                await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                                throw new InvalidOperationException("The statement was cancelled by the user.");
                        }

                        yield return ScriptedSource.Batch(at, given.size);
                    }
                    finally
                    {
                        Interlocked.Decrement(ref open);
                    }
                }
            });
}
