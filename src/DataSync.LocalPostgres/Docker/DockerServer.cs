using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using DataSync.LocalPostgres.Lifetime;
using DataSync.LocalPostgres.Secrets;
using DataSync.LocalPostgres.Shell;

namespace DataSync.LocalPostgres.Docker;

/// <summary>PostgreSQL in a container, by the docker command: used only when an engine really answers.</summary>
sealed class DockerServer(LocalPostgresOptions options, string folder)
{
    const string Image = "postgres:17";

    static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    static readonly TimeSpan PullLimit = TimeSpan.FromMinutes(10);

    readonly string _name = ContainerName(folder);

    public static async Task<bool> EngineAnswersAsync(CancellationToken ct)
        => (await Command.RunAsync(["docker", "info", "--format", "{{.ServerVersion}}"], Short, ct)) is { Succeeded: true, Output: var version } && version.Trim().Length > 0;

    /// <summary>Uses the running container or starts it. The caller holds the start lock and the users' lock.</summary>
    public async Task<ServerAddress> StartAsync(CancellationToken ct)
    {
        var password = SecretFile.ReadOrCreate(Path.Combine(folder, "container.password"), SecretFile.NewPassword);
        await new Watchdog(folder, options.Disposable).StartAsync("docker", _name, ct);
        if (await PortAsync(ct) is not { } port)
        {
            options.Report($"PostgreSQL: starting the container {_name} ({Image})");
            // What a crash left under this name; the data is in the volume.
            await Command.RunAsync(["docker", "rm", "--force", _name], Short, ct);
            var run = await Command.RunAsync(RunCommand(), PullLimit, ct, environment: new Dictionary<string, string> { ["POSTGRES_PASSWORD"] = password });
            if (!run.Succeeded) throw new PostgresUnavailableException($"The container did not start: {run.LastLine}");
            port = await PortAsync(ct) ?? throw new PostgresUnavailableException($"The container {_name} publishes no port.");
        }
        return new ServerAddress("127.0.0.1", port, password, $"the container {_name}");
    }

    /// <summary>The password travels by environment: a command line can be read by every user of the machine.</summary>
    internal IReadOnlyList<string> RunCommand() =>
    [
        "docker", "run", "--detach", "--rm", "--name", _name, "--publish", "127.0.0.1::5432",
        "--env", "POSTGRES_PASSWORD", "--env", "POSTGRES_INITDB_ARGS=--encoding=UTF8 --locale=C.UTF-8",
        .. options.Disposable ? ["--tmpfs", "/var/lib/postgresql/data"] : new[] { "--volume", $"{_name}:/var/lib/postgresql/data" },
        "--shm-size", "256m", Image, "-c", "max_connections=300",
        .. options.Disposable ? ["-c", "wal_level=logical", "-c", "max_wal_senders=40", "-c", "max_replication_slots=40", "-c", "max_prepared_transactions=10"] : Array.Empty<string>(),
    ];

    async Task<int?> PortAsync(CancellationToken ct)
    {
        var result = await Command.RunAsync(["docker", "port", _name, "5432/tcp"], Short, ct);
        return result.Succeeded && IPEndPoint.TryParse(result.Output.Split('\n')[0].Trim(), out var address) ? address.Port : null;
    }

    internal static string ContainerName(string folder)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(folder))));
        return string.Create(CultureInfo.InvariantCulture, $"datasync-{Path.GetFileName(folder)}-{hash[..12]}");
    }
}
