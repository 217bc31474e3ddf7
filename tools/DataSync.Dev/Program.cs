using System.Runtime.InteropServices;
using DataSync.Dev;
using DataSync.LocalPostgres;

using var stop = new CancellationTokenSource();
PosixSignalRegistration[] signals =
[
    .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stop.Cancel();
    })),
];
try
{
    return await new DevTool(Checkout.Find()).RunAsync(args, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    const int EndedBySignal = 130;
    return EndedBySignal;
}
catch (Exception e) when (e is DevException or PostgresUnavailableException)
{
    await Console.Error.WriteLineAsync($"dev: {e.Message}");
    return e is UsageException ? 2 : 1;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}
