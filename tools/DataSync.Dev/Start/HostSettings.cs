using DataSync.LocalPostgres;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Dev.Start;

/// <summary>The environment the host's processes run in. What the user has set stays; connections are always this system's.</summary>
sealed class HostSettings(Checkout checkout, DevelopmentKeys keys, RoleConnections database, string urls)
{
    // Sources on this machine are what a developer has; everywhere else nothing is reachable until an operator allows it.
    readonly Dictionary<string, string> _defaults = new(StringComparer.Ordinal)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["DATASYNC_EXPORT_ROOT"] = checkout.Exports,
        ["DATASYNC_EGRESS_ALLOW"] = "127.0.0.0/8,::1/128",
        ["DATASYNC_ALLOW_WRITABLE_SOURCES"] = "true",
        ["DATASYNC_SQLITE_ROOTS"] = checkout.Samples,
        ["DATASYNC_TLS_EXCEPTIONS"] = "127.0.0.1,::1,localhost",
    };

    public IReadOnlyDictionary<string, string?> Migrate()
        => For("migrate", (Owner, database.Owner), (System, null), (App, null), (Urls, null));

    public IReadOnlyDictionary<string, string?> Api()
        => For("api", (App, database.App), (System, database.System), (Owner, null), (Urls, urls));

    public IReadOnlyDictionary<string, string?> Worker()
        => For("worker", (App, database.App), (System, database.System), (Owner, null), (Urls, null));

    const string App = "DATASYNC_CONNECTION";
    const string System = "DATASYNC_SYSTEM_CONNECTION";
    const string Owner = "DATASYNC_OWNER_CONNECTION";
    const string Urls = "DATASYNC_URLS";


    Dictionary<string, string?> For(string role, params ReadOnlySpan<(string Name, string? Value)> own)
    {
        var settings = _defaults.ToDictionary(
            pair => pair.Key, string? (pair) => Environment.GetEnvironmentVariable(pair.Key) is { Length: > 0 } given ? given : pair.Value, StringComparer.Ordinal);
        settings["DATASYNC_ROLE"] = role;
        settings["DATASYNC_MASTER_KEY"] = keys.MasterKey;
        settings["DATASYNC_JWT_DEVELOPMENT_KEY"] = keys.TokenKey;
        // The host ends when its standard input does: no process outlives this one.
        settings["DATASYNC_STOP_WITH_PARENT"] = "true";
        // The superuser is for making the database; the system itself never sees it.
        settings["DATASYNC_ADMIN_CONNECTION"] = null;
        foreach (var (name, value) in own) settings[name] = value;
        return settings;
    }
}
