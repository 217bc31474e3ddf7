using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Benchmarks.Server;

/// <summary>A MariaDB of a case's own, on a free loopback port, never as root; gone with the case.</summary>
internal sealed class BenchMariaDb : IAsyncDisposable
{
    // the end of standard input is the end of the benchmark
    private const string Hold =
        """
        exec 3<&0
        folder=$1; shift
        if [ "$(id -u)" = 0 ]; then chown nobody "$folder"; plain="setpriv --reuid=nobody --regid=nogroup --clear-groups"; fi
        $plain mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db >"$folder/install.log" 2>&1 </dev/null || cat "$folder/install.log" >&2
        $plain "$@" </dev/null 3<&- &
        server=$!
        (while read -r _; do :; done; kill "$server" 2>/dev/null) <&3 &
        wait "$server"
        rm -rf "$folder"
        """;

    private readonly OsProcess _process;
    private readonly string _folder;

    private BenchMariaDb(OsProcess process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public const string Login = "reader";

    public int Port { get; }

    /// <summary>Of the login that can only read.</summary>
    public string Password { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>Starts it and makes the database <c>bench</c> with a login that can only read.</summary>
    public static async Task<BenchMariaDb> StartAsync(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("datasync-bench-mariadb-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_001_001);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        string[] server =
        [
            "mariadbd", "--no-defaults", $"--datadir={folder}/data", $"--tmpdir={folder}/data", $"--socket={folder}/s", $"--pid-file={folder}/data/pid", $"--port={port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=1G",
        ];
        var start = new ProcessStartInfo("sh", ["-c", Hold, "sh", folder, .. server]) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin";
        var process = OsProcess.Start(start)!;
        string? line;
        do line = await process.StandardError.ReadLineAsync(ct);
        while (line is not null && !line.Contains("ready for connections", StringComparison.Ordinal));
        if (line is null) throw new BenchmarkException("MariaDB does not start: install it (Debian: mariadb-server-core, mariadb-client-core).");
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var started = new BenchMariaDb(process, folder, port);
        await started.ExecuteAsync($"CREATE DATABASE bench CHARACTER SET utf8mb4; CREATE USER {Login} IDENTIFIED BY '{started.Password}'; GRANT SELECT ON bench.* TO {Login}", "", ct);
        return started;
    }

    /// <summary>Runs statements as root.</summary>
    public async Task ExecuteAsync(string sql, string database, CancellationToken ct)
    {
        var start = new ProcessStartInfo("mariadb", ["--no-defaults", $"--socket={_folder}/s", "--user=root", "--default-character-set=utf8mb4", $"--database={database}"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var client = OsProcess.Start(start)!;
        await client.StandardInput.WriteAsync(sql.AsMemory(), ct);
        client.StandardInput.Close();
        var errors = await client.StandardError.ReadToEndAsync(ct);
        await client.WaitForExitAsync(ct);
        if (client.ExitCode != 0) throw new BenchmarkException($"MariaDB: {errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
