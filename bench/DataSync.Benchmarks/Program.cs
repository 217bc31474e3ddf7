using System.Runtime.InteropServices;
using DataSync.Benchmarks.Cases;
using DataSync.Benchmarks.Cases.Engine;
using DataSync.Benchmarks.Faults;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

using var stop = new CancellationTokenSource();

// Whoever stops it, its databases, logins and processes go.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return args switch
    {
        [SelfProcess.Switch, ReadProgram.Name, var path] => await ChildAsync(ReadProgram.RunAsync(path, stop.Token)),
        [SelfProcess.Switch, BareHangfireProgram.Name, var jobs, var threads, var result] => await ChildAsync(BareHangfireProgram.RunAsync(jobs, threads, result, stop.Token)),
        [SelfProcess.Switch, StoreProgram.Name, var path] => await ChildAsync(StoreProgram.RunAsync(path, fenced: true, stop.Token)),
        [SelfProcess.Switch, StoreProgram.Name, var path, StoreProgram.Unfenced] => await ChildAsync(StoreProgram.RunAsync(path, fenced: false, stop.Token)),
        [SelfProcess.Switch, ExportProgram.Name, var given, var format, var compression, var root] => await ChildAsync(ExportProgram.RunAsync(given, format, compression, root, stop.Token)),
        [SelfProcess.Switch, RulesProgram.Name, var rules, var documents] => await ChildAsync(RulesProgram.RunAsync(rules, documents, stop.Token)),
        [SelfProcess.Switch, MeasuredHost.Name, var lacks] => await ChildAsync(MeasuredHost.RunAsync(Enum.Parse<MeasuredHost.Lacks>(lacks), stop.Token)),
        [FaultRun.Name, .. var rest] => await FaultRun.RunAsync(BenchRun.Checkout(), FaultArguments.Parse(rest), stop.Token),
        _ => await BenchRun.RunAsync(BenchArguments.Parse(args), stop.Token),
    };
}
catch (DataSync.Benchmarks.BenchmarkException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
catch (DataSync.LocalPostgres.PostgresUnavailableException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
catch (Npgsql.NpgsqlException e)
{
    await Console.Error.WriteLineAsync($"PostgreSQL: {e.Message}");
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Stopped.");
    return 130;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static async Task<int> ChildAsync(Task work)
{
    await work;
    return 0;
}
