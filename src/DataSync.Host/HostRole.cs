namespace DataSync.Host;

/// <summary>What the settings say this process is.</summary>
internal static class HostRole
{
    public static bool TryParse(string? setting, out DataSyncRole role)
    {
        role = setting switch
        {
            null or "" or "all" => DataSyncRole.All,
            "api" => DataSyncRole.Api,
            "worker" => DataSyncRole.Worker,
            "migrate" => DataSyncRole.Migrate,
            _ => DataSyncRole.None,
        };
        return role != DataSyncRole.None;
    }

    /// <summary>Where to listen. A worker answers health and metrics only, on a free port of loopback unless told where.</summary>
    public static string Urls(IConfiguration configuration, DataSyncRole role)
        => role.HasFlag(DataSyncRole.Api)
            ? configuration["DATASYNC_URLS"] is { Length: > 0 } urls ? urls : "http://127.0.0.1:8080"
            : configuration["DATASYNC_WORKER_URLS"] is { Length: > 0 } own ? own : "http://127.0.0.1:0";

    /// <summary>False, with every fault on standard error, where the start is refused.</summary>
    public static async Task<bool> MayStartAsync(IServiceProvider services, DataSyncRole role, CancellationToken ct)
    {
        var faults = await services.CheckAsync(role, ct);
        foreach (var fault in faults) await Console.Error.WriteLineAsync(fault);
        return faults.Count == 0;
    }
}
