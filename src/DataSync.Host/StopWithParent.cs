namespace DataSync.Host;

/// <summary>Ends the process when its standard input does: whoever started it has gone, however it went.</summary>
internal sealed class StopWithParent(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A blocking read in a thread of its own: standard input knows no cancellation, and a background thread holds nothing up.
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[64];
            while (input.Read(ignored) > 0) { }
            lifetime.StopApplication();
        })
        { IsBackground = true, Name = "stop-with-parent" }.Start();
        return Task.CompletedTask;
    }
}
