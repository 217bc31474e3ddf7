namespace DataSync.Host;

/// <summary>The command <c>audit-verify</c>. Ends with 0 where every tenant's chain is whole, with 1 where one is not or it could not start.</summary>
internal static class AuditCommand
{
    /// <summary>Runs the command that the arguments name; null if they name none.</summary>
    public static async Task<int?> RunAsync(string[] args, IServiceProvider services, CancellationToken ct)
    {
        if (args is not ["audit-verify"]) return null;
        if (!await HostRole.MayStartAsync(services, DataSyncRole.Worker, ct)) return 1;
        return await services.VerifyAuditAsync(Console.Out, TerminalLanguage.Tag(), ct) ? 0 : 1;
    }
}
