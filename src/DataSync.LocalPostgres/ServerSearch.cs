using DataSync.LocalPostgres.Cluster;
using DataSync.LocalPostgres.Docker;

namespace DataSync.LocalPostgres;

/// <summary>The order in which a server is looked for when none was given.</summary>
sealed class ServerSearch(LocalPostgresOptions options, string folder)
{
    public async Task<ServerAddress> FindAsync(CancellationToken ct)
    {
        var docker = options.PrivateCluster ? null : await TryDockerAsync(ct);
        if (docker is not null) return docker;
        var installed = Binaries.FindAll();
        if (installed.Count == 0 && options.MayInstall && DebianInstall.IsPossible)
        {
            options.Report("PostgreSQL: none found, installing Debian's package");
            await DebianInstall.RunAsync(ct);
            installed = Binaries.FindAll();
        }
        return installed.Count > 0
            ? await new ClusterServer(options, folder, installed).StartAsync(ct)
            : throw new PostgresUnavailableException(
                "No PostgreSQL: install it (Debian, Ubuntu: sudo apt-get install postgresql), start Docker, or set DATASYNC_ADMIN_CONNECTION to a superuser's connection string.");
    }

    /// <summary>An engine that answers but cannot run the image (no registry, no disk) is no reason to give up.</summary>
    async Task<ServerAddress?> TryDockerAsync(CancellationToken ct)
    {
        if (!await DockerServer.EngineAnswersAsync(ct)) return null;
        try
        {
            var address = await new DockerServer(options, folder).StartAsync(ct);
            await ServerProbe.VersionAsync(address.AdminConnection, ct);
            return address;
        }
        catch (Exception e) when (e is PostgresUnavailableException or Npgsql.NpgsqlException)
        {
            options.Report($"PostgreSQL: not by Docker ({e.Message})");
            return null;
        }
    }
}
