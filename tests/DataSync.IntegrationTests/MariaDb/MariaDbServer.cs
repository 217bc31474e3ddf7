using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.IntegrationTests.MariaDb;

/// <summary>
/// A MariaDB of the tests' own: its data in a temporary folder, on a free loopback port, never as root. A shell holds it and ends it with its
/// folder when the test process is gone, however that ended. <see cref="GetAsync"/> gives the one of the test run; a test that must break a server starts its own.
/// </summary>
internal sealed class MariaDbServer : IAsyncDisposable
{
    public const string Root = "root";

    // The end of standard input is the end of the tests; Ctrl-C reaches the whole group and must not leave the server behind.
    private const string Hold =
        """
        exec 3<&0
        trap '' INT HUP
        folder=$1; shift; chmod 711 "$folder"
        if [ "$(id -u)" = 0 ]; then chown nobody "$folder"; set -- setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; plain="setpriv --reuid=nobody --regid=nogroup --clear-groups"; fi
        $plain mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db >"$folder/install.log" 2>&1 </dev/null || cat "$folder/install.log" >&2
        printf "ALTER USER root@localhost IDENTIFIED BY '%s';" "$ROOT_PASSWORD" >"$folder/init.sql"; chmod 644 "$folder/init.sql"
        "$@" </dev/null 3<&- &
        server=$!
        (while read -r _; do :; done; kill -9 "$server" 2>/dev/null) <&3 &
        wait "$server"
        rm -rf "$folder"
        """;

    private static readonly Lazy<Task<MariaDbServer>> Shared = new(() => StartAsync([], CancellationToken.None));
    private readonly OsProcess _process;
    private readonly string _folder;
    private int _ended;

    private MariaDbServer(OsProcess process, string folder, int port, string password) => (_process, _folder, Port, RootPassword) = (process, folder, port, password);

    public static string Host => "127.0.0.1";

    public int Port { get; }

    public string RootPassword { get; }

    /// <summary>The server of the test run, started when the first test needs it.</summary>
    public static async ValueTask<MariaDbServer> GetAsync(CancellationToken ct)
    {
        SkipWithoutIt();
        return await Shared.Value.WaitAsync(ct);
    }

    /// <summary>Starts a server of one's own.</summary>
    /// <param name="options">More options for <c>mariadbd</c>, such as <c>--ssl-cert=…</c>.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<MariaDbServer> StartAsync(IReadOnlyList<string> options, CancellationToken ct)
    {
        SkipWithoutIt();
        var folder = Directory.CreateTempSubdirectory("datasync-mariadb-").FullName;
        var (port, password) = (FreePort(), RandomNumberGenerator.GetHexString(32));
        string[] server =
        [
            "mariadbd", "--no-defaults", $"--datadir={folder}/data", $"--tmpdir={folder}/data", $"--socket={folder}/s", $"--pid-file={folder}/data/pid", $"--init-file={folder}/init.sql",
            string.Create(CultureInfo.InvariantCulture, $"--port={port}"), "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M", "--max-allowed-packet=256M", .. options,
        ];
        var start = new ProcessStartInfo("sh", ["-c", Hold, "sh", folder, .. server]) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        (start.Environment["PATH"], start.Environment["ROOT_PASSWORD"]) = (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin", password);
        var process = OsProcess.Start(start)!;
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync(ct) is { } line && !line.Contains("ready for connections", StringComparison.Ordinal)) said.Add(line);
        Assert.False(process.HasExited, $"MariaDB ended as it started: {string.Join('\n', said.TakeLast(10))}");
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        return new MariaDbServer(process, folder, port, password);
    }

    /// <summary>Runs statements as root, one after another, and returns what they answer: a line a row, tabs between the columns, no header.</summary>
    public async Task<string> ExecuteAsync(string sql, CancellationToken ct, string database = "")
    {
        string[] arguments = ["--no-defaults", $"--socket={_folder}/s", $"--user={Root}", "--default-character-set=utf8mb4", "--batch", "--skip-column-names", $"--database={database}"];
        var start = new ProcessStartInfo("mariadb", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["MYSQL_PWD"] = RootPassword;
        using var client = OsProcess.Start(start)!;
        var (answer, errors) = (client.StandardOutput.ReadToEndAsync(ct), client.StandardError.ReadToEndAsync(ct));
        await client.StandardInput.WriteAsync(sql.AsMemory(), ct);
        client.StandardInput.Close();
        await client.WaitForExitAsync(ct);
        Assert.True(client.ExitCode == 0, $"{await errors}\n{sql}");
        return await answer;
    }

    /// <summary>Makes an empty database of a name of its own.</summary>
    public async Task<string> CreateDatabaseAsync(string prefix, CancellationToken ct)
    {
        var name = $"{prefix}_{Guid.CreateVersion7():n}";
        await ExecuteAsync($"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", ct);
        return name;
    }

    /// <summary>Ends the server and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void SkipWithoutIt()
    {
        var missing = new[] { "mariadbd", "mariadb-install-db", "mariadb" }.Where(p => !IsInstalled(p)).ToList();
        if (missing.Count == 0) return;

        // As with PostgreSQL: shown as skipped on a laptop, and a failure on a build server.
        var text = $"{string.Join(", ", missing)}: not installed here (Debian, Ubuntu: sudo apt-get install mariadb-server-core mariadb-client-core)";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", text);
        Assert.Skip(text);
    }

    private static bool IsInstalled(string program)
        => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries).Any(f => File.Exists(Path.Combine(f, program)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
