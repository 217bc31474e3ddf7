using System.Globalization;
using DataSync.Faults;
using DataSync.Faults.Injection;
using DataSync.Faults.Running;
using DataSync.IntegrationTests.Postgres;
using DataSync.LocalPostgres;

namespace DataSync.IntegrationTests.Faults;

/// <summary>A short seed of each fault, on one system of real processes with a PostgreSQL of its own. <c>./dev bench faults</c> runs the whole.</summary>
public sealed class FaultTests(FaultTests.StruckSystem system) : IClassFixture<FaultTests.StruckSystem>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task Workers_killed_in_the_middle_of_jobs_lose_repeat_and_leave_nothing() => RunAsync(new KillWorker(), 3);

    [Fact]
    public Task Worker_paused_for_twice_its_lease_is_fenced_off_and_changes_nothing() => RunAsync(new PauseWorker(), 1);

    [Fact]
    public Task Database_crashed_in_the_middle_of_jobs_loses_repeats_and_leaves_nothing() => RunAsync(new StopDatabase(), 1);

    [Fact]
    public Task Connections_cut_between_commit_and_answer_lose_and_repeat_nothing() => RunAsync(new CutAfterCommit(), 3);

    [Fact]
    public Task Export_disk_full_leaves_no_half_file_and_every_job_completes_once_there_is_room() => RunAsync(new DiskFull(), 1);

    /// <summary>A strike may miss, on a slow machine more often: it is struck again then, with the next seed. Whatever it did, the books must be right.</summary>
    private async Task RunAsync(Fault fault, int times)
    {
        for (var again = 0; await HitAsync(fault, times, StruckSystem.Seed + again) == 0; again++)
            Assert.True(again < 9, $"DATASYNC_FAULT_SEED={StruckSystem.Seed}: no strike hit anything, so this says nothing.");
    }

    private async Task<int> HitAsync(Fault fault, int times, int from)
    {
        var result = await (await system.RigAsync(Ct)).Campaign.RunAsync(fault, times, from, Ct);
        Assert.SkipWhen(result.NotRun is not null, result.NotRun ?? "");
        var seed = $"DATASYNC_FAULT_SEED={from}: {result.Line}";
        TestContext.Current.SendDiagnosticMessage(seed);
        Assert.True(result.Passed, $"{seed}\n{string.Join('\n', result.Differences.Take(20))}\n{(await system.RigAsync(Ct)).System.Logs(15)}");
        return result.Hit;
    }

    /// <summary>One system for the five; each leaves it as it found it, or its books would not close.</summary>
    public sealed class StruckSystem : IAsyncDisposable
    {
        private FaultRig? _rig;
        private string? _source;

        /// <summary><c>DATASYNC_FAULT_SEED</c>, else another one each time.</summary>
        internal static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("DATASYNC_FAULT_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Environment.TickCount & 0xFFFF;

        internal async Task<FaultRig> RigAsync(CancellationToken ct)
        {
            try
            {
                _source ??= await PostgresServer.CreateDatabaseAsync("datasync_faults", ct);
                var options = new FaultSystemOptions { Cluster = "faults-test-postgres", Local = LocalPostgresOptions.ForCheckout().Folder, Source = _source };
                return _rig ??= await FaultRig.StartAsync(options, Seed, static _ => { }, ct);
            }
            catch (PostgresUnavailableException e) when (Environment.GetEnvironmentVariable("CI") != "true")
            {
                Assert.Skip(e.Message);
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_rig is not null) await _rig.DisposeAsync();
            if (_source is not null) await PostgresServer.DropDatabaseAsync(_source, CancellationToken.None);
        }
    }
}
