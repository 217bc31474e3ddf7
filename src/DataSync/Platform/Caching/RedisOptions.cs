using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Configuration;
using StackExchange.Redis;

namespace DataSync.Platform.Caching;

/// <summary>The second level; <see cref="Connection"/> is null where there is none.</summary>
internal sealed record RedisOptions(ConfigurationOptions? Connection)
{
    public const string Setting = "DATASYNC_REDIS";

    private const int Milliseconds = 500;

    /// <summary>Reads the setting. However it is given, no caller waits long for a cache.</summary>
    public static RedisOptions Read(IConfiguration configuration, ICollection<Fault> faults)
    {
        if (string.IsNullOrWhiteSpace(configuration[Setting])) return new RedisOptions((ConfigurationOptions?)null);
        try
        {
            var given = ConfigurationOptions.Parse(configuration[Setting]!);
            if (given.EndPoints.Count == 0) throw new ArgumentException("no address", nameof(configuration));
            given.AbortOnConnectFail = false;
            given.ConnectRetry = 1;
            given.BacklogPolicy = BacklogPolicy.FailFast;
            given.ConnectTimeout = Math.Min(given.ConnectTimeout, 2 * Milliseconds);
            given.SyncTimeout = Math.Min(given.SyncTimeout, Milliseconds);
            given.AsyncTimeout = Math.Min(given.AsyncTimeout, Milliseconds);
            given.ClientName ??= "datasync";
            return new RedisOptions(given);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            faults.Add(new Fault(Setting, "errors.settings.redis", ("setting", Setting))); // not the text: it may hold a password
            return new RedisOptions((ConfigurationOptions?)null);
        }
    }

    /// <summary>Never the connection: it holds a password.</summary>
    public override string ToString() => Connection is null ? "off" : "on";
}
