namespace DataSync.LocalPostgres.Cluster;

/// <summary>Makes a cluster's data folder: UTF-8, passwords only, loopback only.</summary>
sealed class DataFolder(ClusterHome home, bool disposable)
{
    const string HostBasedAuthentication =
        """
        # Loopback and passwords only.
        host all all 127.0.0.1/32 scram-sha-256
        host all all ::1/128      scram-sha-256

        """;

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public bool Exists => File.Exists(Path.Combine(home.Data, "PG_VERSION"));

    /// <summary>The major version that made it.</summary>
    public int Version => int.Parse(File.ReadAllText(Path.Combine(home.Data, "PG_VERSION")).Trim(), System.Globalization.CultureInfo.InvariantCulture);

    public async Task CreateAsync(Binaries binaries, CancellationToken ct)
    {
        // Made beside its place and moved there whole: an interrupted start leaves no half cluster.
        var draft = home.Data + ".new";
        if (Directory.Exists(draft)) Directory.Delete(draft, recursive: true);
        // No way in until the superuser has a password; pg_hba.conf is written below.
        string[] initdb = [binaries["initdb"], "-D", draft, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject"];
        var made = await home.User.RunAsync(disposable ? [.. initdb, "--no-sync"] : initdb, ct, limit: Limit);
        if (!made.Succeeded) throw new PostgresUnavailableException($"initdb failed: {made.LastLine}");
        await File.WriteAllTextAsync(Path.Combine(draft, "pg_hba.conf"), HostBasedAuthentication, ct);
        Directory.Move(draft, home.Data);
    }

    /// <summary>Sets the superuser's password in single-user mode, which needs none: it works for a new cluster and for one whose password is lost.</summary>
    public async Task SetPasswordAsync(Binaries binaries, string password, CancellationToken ct)
    {
        var sql = $"ALTER ROLE postgres PASSWORD '{password}'\n";
        var result = await home.User.RunAsync([binaries["postgres"], "--single", "-D", home.Data, "postgres"], ct, sql, Limit);
        if (!result.Succeeded || result.Error.Contains("ERROR", StringComparison.Ordinal))
            throw new PostgresUnavailableException($"The local cluster's password could not be set; its log is {home.Log}");
    }
}
