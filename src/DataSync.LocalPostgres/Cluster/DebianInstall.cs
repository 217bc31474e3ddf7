using DataSync.LocalPostgres.Shell;

namespace DataSync.LocalPostgres.Cluster;

/// <summary>Installs Debian's PostgreSQL programs without the main cluster the package would make and start.</summary>
static class DebianInstall
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static bool IsPossible => Environment.IsPrivilegedProcess && File.Exists("/etc/debian_version") && File.Exists("/usr/bin/apt-get");

    public static async Task RunAsync(CancellationToken ct)
    {
        var result = await Command.RunAsync(["sh", "-s"], Limit, ct, EmbeddedFile.Read("install-debian.sh"));
        if (!result.Succeeded) throw new PostgresUnavailableException($"apt-get could not install PostgreSQL: {result.LastLine}");
    }
}
