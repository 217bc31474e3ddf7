using DataSync.LocalPostgres.Shell;

namespace DataSync.LocalPostgres.Cluster;

/// <summary>
/// As whom the server runs. PostgreSQL refuses root, so root runs it as another user of the machine or, where there is none,
/// in a user namespace that shows root as an ordinary user.
/// </summary>
/// <param name="Prefix">What comes before a command so that it runs as this user.</param>
/// <param name="Name">The other user's name; null where files need not change their owner.</param>
sealed record ServerUser(IReadOnlyList<string> Prefix, string? Name)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Whoever runs this program.</summary>
    public static ServerUser Self { get; } = new([], null);

    public static async Task<ServerUser?> FindAsync(CancellationToken ct)
    {
        if (!Environment.IsPrivilegedProcess) return Self;
        foreach (var name in new[] { "postgres", "nobody" })
        {
            var user = new ServerUser(["runuser", "-u", name, "--"], name);
            if ((await user.RunAsync(["true"], ct)).Succeeded) return user;
        }
        return await InNamespaceAsync(ct);
    }

    /// <summary>Root, shown as an ordinary user to what runs inside; null where the kernel does not allow it.</summary>
    public static async Task<ServerUser?> InNamespaceAsync(CancellationToken ct)
    {
        var user = new ServerUser(["unshare", "-U", "--map-user=1000", "--map-group=1000"], null);
        return (await user.RunAsync(["true"], ct)).Succeeded ? user : null;
    }

    /// <summary>Whether this user may enter the folder and all above it.</summary>
    public async Task<bool> CanEnterAsync(string folder, CancellationToken ct) => (await RunAsync(["test", "-x", folder], ct)).Succeeded;

    /// <summary>Makes a folder that is this user's alone.</summary>
    public async Task OwnAsync(string folder, CancellationToken ct)
    {
        Secrets.SecretFile.Folder(folder);
        if (Name is null) return;
        var result = await Command.RunAsync(["chown", $"{Name}:", folder], Limit, ct);
        if (!result.Succeeded) throw new PostgresUnavailableException($"{folder} could not be given to the user {Name}: {result.LastLine}");
    }

    public Task<CommandResult> RunAsync(IReadOnlyList<string> command, CancellationToken ct, string input = "", TimeSpan? limit = null)
        => Command.RunAsync([.. Prefix, .. command], limit ?? Limit, ct, input);
}
