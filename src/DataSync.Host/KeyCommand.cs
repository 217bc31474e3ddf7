namespace DataSync.Host;

/// <summary>The operator's commands: <c>rotate-master-key</c>, <c>rotate-data-key TENANT</c> and <c>erase-tenant TENANT [--leave-tasks]</c>. They end with 0 if nothing was left behind.</summary>
internal static class KeyCommand
{
    private const string LeaveTasks = "--leave-tasks";

    private const string Usage = """
        DataSync.Host                          runs what DATASYNC_ROLE says
        DataSync.Host rotate-master-key        wraps every data key under the first key of DATASYNC_MASTER_KEY
        DataSync.Host rotate-data-key TENANT   gives a tenant a new data key
        DataSync.Host erase-tenant TENANT      removes a tenant's tasks at Label Studio, keys, rows and files for good
                      … --leave-tasks          and goes on where tasks cannot be removed
        DataSync.Host audit-verify             verifies the audit log
        DataSync.Host coco-validate FILE       checks a COCO file
        """;

    /// <summary>False, with all commands on standard error, where the arguments are neither settings (<c>--name value</c>) nor a command: a misspelt one must not start a server.</summary>
    public static async Task<bool> IsUnderstoodAsync(string[] args)
    {
        if (args is [] or ["rotate-master-key"] or ["rotate-data-key" or "erase-tenant", { Length: > 0 }] or ["erase-tenant", { Length: > 0 }, LeaveTasks] or ["audit-verify"] or [['-' or '/', ..], ..] || args[0].Contains('=', StringComparison.Ordinal)) return true;
        await Console.Error.WriteLineAsync($"'{string.Join(' ', args)}' is no command. Use one of:\n{Usage}");
        return false;
    }

    /// <summary>Runs the command that the arguments name; null if they name none.</summary>
    public static async Task<int?> RunAsync(string[] args, IServiceProvider services, CancellationToken ct)
    {
        if (args is not ["rotate-master-key" or "rotate-data-key" or "erase-tenant", ..]) return null;
        if (!await HostRole.MayStartAsync(services, DataSyncRole.Worker, ct)) return 1;
        if (args is ["erase-tenant", var erased, ..]) return await EraseTenantAsync(erased, args is [_, _, LeaveTasks], services, ct);
        return args is [_, var tenant] ? await RotateDataKeyAsync(tenant, services, ct) : await RotateMasterKeyAsync(services, ct);
    }

    private static async Task<int> EraseTenantAsync(string tenant, bool leaveTasks, IServiceProvider services, CancellationToken ct)
        => await services.EraseTenantAsync(tenant, leaveTasks, Console.Out, Console.Error, TerminalLanguage.Tag(), ct) ? 0 : 1;

    private static async Task<int> RotateMasterKeyAsync(IServiceProvider services, CancellationToken ct)
        => await services.RotateMasterKeyAsync(Console.Out, TerminalLanguage.Tag(), ct) ? 0 : 1;

    private static async Task<int> RotateDataKeyAsync(string tenant, IServiceProvider services, CancellationToken ct)
        => await services.RotateDataKeyAsync(tenant, Console.Out, Console.Error, TerminalLanguage.Tag(), ct) ? 0 : 1;
}
