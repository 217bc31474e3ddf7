using DataSync.LocalPostgres;
using DataSync.LocalPostgres.Secrets;

namespace DataSync.Host;

/// <summary>Lets <c>dotnet run</c> work by itself: where no database is set and the environment is Development, it finds or starts one, with keys of its own.</summary>
internal static class DevelopmentDatabase
{
    /// <summary>The server, to be kept while the process lives; null where the settings name a database or this is not Development.</summary>
    public static async Task<IAsyncDisposable?> StartIfNeededAsync(WebApplicationBuilder builder, DataSyncRole role)
    {
        if (!builder.Environment.IsDevelopment() || role == DataSyncRole.Migrate || builder.Configuration["DATASYNC_CONNECTION"] is { Length: > 0 }) return null;
        var options = LocalPostgresOptions.ForCheckout() with { Report = Console.Error.WriteLine };
        var server = await LocalPostgresServer.EnsureAsync(options, CancellationToken.None);
        var roles = await server.EnsureDatabaseAsync("datasync", CancellationToken.None);
        var keys = new DevelopmentKeys(Path.Combine(options.Folder, "keys")); // the same that ./dev uses, so that its tokens are good here too
        Dictionary<string, string?> defaults = new(StringComparer.Ordinal)
        {
            ["DATASYNC_CONNECTION"] = roles.App,
            ["DATASYNC_SYSTEM_CONNECTION"] = roles.System,
            ["DATASYNC_OWNER_CONNECTION"] = roles.Owner,
            ["DATASYNC_MASTER_KEY"] = keys.MasterKey,
            ["DATASYNC_JWT_DEVELOPMENT_KEY"] = keys.TokenKey,
            ["DATASYNC_EXPORT_ROOT"] = Path.Combine(options.Folder, "exports"),
        };
        builder.Configuration.AddInMemoryCollection(defaults.Where(d => string.IsNullOrEmpty(builder.Configuration[d.Key])));
        return server;
    }
}
