namespace DataSync.LocalPostgres;

/// <summary>Which server is wanted, and where its files may lie.</summary>
public sealed record LocalPostgresOptions
{
    /// <summary>The folder of everything local to the checkout (<c>.datasync</c>).</summary>
    public required string Folder { get; init; }

    /// <summary>Names the cluster: each name is a server of its own with its own data.</summary>
    public string Cluster { get; init; } = "postgres";

    /// <summary>A superuser's connection string that comes before all searching, or null.</summary>
    public string? AdminConnection { get; init; } = Environment.GetEnvironmentVariable("DATASYNC_ADMIN_CONNECTION");

    /// <summary>The cluster starts empty and is removed at the end. Its data is not made safe against loss of power.</summary>
    public bool Disposable { get; init; }

    /// <summary>Never Docker, but a cluster made with this machine's programs: one that can be crashed and started again.</summary>
    public bool PrivateCluster { get; init; }

    /// <summary>Whether Debian's package may be installed when nothing else is found.</summary>
    public bool MayInstall { get; init; }

    /// <summary>Is told, a line each, what is being done.</summary>
    public Action<string> Report { get; init; } = static _ => { };

    /// <summary>The options for the checkout this assembly was built in.</summary>
    /// <exception cref="PostgresUnavailableException">The program does not run out of a checkout.</exception>
    public static LocalPostgresOptions ForCheckout() => new() { Folder = Path.Combine(CheckoutRoot(), ".datasync") };

    static string CheckoutRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "DataSync.sln"))) return folder.FullName;
        throw new PostgresUnavailableException("This program does not run out of a checkout: set DATASYNC_CONNECTION to your PostgreSQL.");
    }
}
