namespace DataSync.Host;

/// <summary>The operator's commands: <c>rotate-master-key</c> and <c>rotate-data-key TENANT</c>. They end with 0 if nothing was left behind.</summary>
internal static class KeyCommand
{
    /// <summary>Runs the command that the arguments name; null if they name none.</summary>
    public static async Task<int?> RunAsync(string[] args, IServiceProvider services, CancellationToken ct)
    {
        switch (args)
        {
            case ["rotate-master-key"] when await HostRole.MayStartAsync(services, DataSyncRole.Worker, ct):
                var (rewrapped, failed) = await services.RotateMasterKeyAsync(ct);
                Console.WriteLine($"{rewrapped} data keys wrapped again, {failed} tenants failed.");
                return failed == 0 ? 0 : 1;
            case ["rotate-data-key", { Length: > 0 } tenant] when await HostRole.MayStartAsync(services, DataSyncRole.Worker, ct):
                var (moved, unreadable) = await services.RotateDataKeyAsync(tenant, ct);
                Console.WriteLine($"{moved} sources moved to the new key, {unreadable} do not open and were left.");
                return unreadable == 0 ? 0 : 1;
            case ["rotate-master-key" or "rotate-data-key", ..]:
                return 1;
            default:
                return null;
        }
    }
}
