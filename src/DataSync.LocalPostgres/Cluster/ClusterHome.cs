using System.Security.Cryptography;
using System.Text;

namespace DataSync.LocalPostgres.Cluster;

/// <summary>Where a cluster's data lies, and as whom its server runs there.</summary>
sealed record ClusterHome(string Folder, ServerUser User)
{
    const string Elsewhere = "/var/lib/datasync-dev";

    public string Data => Path.Combine(Folder, "data");

    public string Log => Path.Combine(Folder, "server.log");

    public Postmaster Postmaster => new(Data);

    /// <summary>
    /// In the checkout if the server's user can enter it. A checkout under, say, <c>/root</c> is closed to other users: then the data
    /// lies in a folder of its own below /var/lib, named by the checkout's path.
    /// </summary>
    public static async Task<ClusterHome> FindAsync(string clusterFolder, CancellationToken ct)
    {
        var inside = Path.Combine(clusterFolder, "server");
        if (await ServerUser.FindAsync(ct) is { } user)
        {
            if (user.Name is null || await user.CanEnterAsync(clusterFolder, ct)) return new ClusterHome(inside, user);
            if (TryMakeElsewhere() && await user.CanEnterAsync(Elsewhere, ct)) return new ClusterHome(OutsidePath(clusterFolder), user);
        }
        return await ServerUser.InNamespaceAsync(ct) is { } mapped
            ? new ClusterHome(inside, mapped)
            : throw new PostgresUnavailableException(
                "PostgreSQL refuses to run as root and no other user can run it here: run this as an ordinary user, or set DATASYNC_ADMIN_CONNECTION.");
    }

    internal static string OutsidePath(string clusterFolder)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(clusterFolder))));
        return Path.Combine(Elsewhere, $"{Path.GetFileName(clusterFolder)}-{hash[..16]}");
    }

    static bool TryMakeElsewhere()
    {
        if (OperatingSystem.IsWindows()) return false;
        try
        {
            // Only root writes here, so nobody can lay a folder in our way; others may pass through to their own.
            Directory.CreateDirectory(Elsewhere, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
