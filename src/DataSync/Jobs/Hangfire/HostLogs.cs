using Hangfire.AspNetCore;
using Hangfire.Logging;
using Microsoft.Extensions.Logging;

namespace DataSync.Jobs.Hangfire;

/// <summary>
/// Hangfire keeps one source of logs a process: that of the host which was set up last. Where a process has several hosts, the one may be gone while another
/// goes on; what is told then is lost, and the other does not end by it.
/// </summary>
internal sealed class HostLogs(ILoggerFactory logs) : ILogProvider
{
    private readonly AspNetCoreLogProvider _host = new(logs);

    public ILog GetLogger(string name)
    {
        try
        {
            return _host.GetLogger(name);
        }
        catch (ObjectDisposedException)
        {
            return Silence.Instance;
        }
    }

    private sealed class Silence : ILog
    {
        public static readonly Silence Instance = new();

        public bool Log(global::Hangfire.Logging.LogLevel logLevel, Func<string>? messageFunc, Exception? exception = null) => false;
    }
}
