using System.Globalization;
using System.Security.Cryptography;

namespace DataSync.Faults.Running;

/// <summary>What every process of the system is told.</summary>
internal static class FaultSettings
{
    public static Dictionary<string, string> Common(FaultSystemOptions options, string exports, string temp, byte[] tokenKey, Uri address) => new(StringComparer.Ordinal)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development", // development tokens are refused in Production
        ["DATASYNC_STOP_WITH_PARENT"] = "true",
        ["DATASYNC_MASTER_KEY"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["DATASYNC_JWT_DEVELOPMENT_KEY"] = Convert.ToBase64String(tokenKey),
        ["DATASYNC_EXPORT_ROOT"] = exports,
        ["DATASYNC_URLS"] = address.GetLeftPart(UriPartial.Authority),
        ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8,::1/128",
        ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1,localhost,::1",
        ["DATASYNC_ALLOW_WRITABLE_SOURCES"] = "true",
        ["DATASYNC_LEASE_SECONDS"] = options.Lease.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        ["TMPDIR"] = temp,
        ["DOTNET_EnableDiagnostics"] = "0", // its sockets stay behind in the temporary folder when a process is killed

        // A job that gets nowhere is given up after a few attempts. One that is struck once a second must not look like one.
        ["DATASYNC_MAX_FRUITLESS_ATTEMPTS"] = "100",
    };
}
