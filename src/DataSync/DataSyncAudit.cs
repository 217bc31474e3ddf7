using DataSync.Platform.Audit.Chain;
using DataSync.Platform.Localization;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync;

/// <summary>What an operator does with the audit log; see docs/audit.md.</summary>
public static class DataSyncAudit
{
    /// <summary>Verifies every tenant's audit log against its entries and the anchors, and writes the first fault of each that has one; then the sums.</summary>
    /// <param name="services">The system's services.</param>
    /// <param name="output">Takes the lines.</param>
    /// <param name="language">Tag of the language of the messages; en-US where there is no such one.</param>
    /// <param name="ct">Ends the verification.</param>
    /// <returns>Whether every chain is whole.</returns>
    public static async Task<bool> VerifyAuditAsync(this IServiceProvider services, TextWriter output, string language, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(output);
        var messages = services.GetRequiredService<Messages>();
        var report = await services.GetRequiredService<AuditVerifier>().VerifyAsync(
            fault => TellAsync($"audit.fault.{fault.Kind.ToString().ToLowerInvariant()}", ("tenant", fault.TenantId), ("sequence", fault.Sequence)), ct);
        if (report.Erased > 0) await TellAsync("audit.erased", ("entries", report.Erased));
        if (report.Late > 0) await TellAsync("audit.late", ("entries", report.Late));
        await TellAsync("audit.sums", ("tenants", report.Tenants), ("entries", report.Entries), ("anchors", report.Anchors), ("broken", report.Broken));
        return report.Broken == 0;

        Task TellAsync(string key, params (string Name, object? Value)[] values)
            => output.WriteLineAsync(messages.Format(key, language, values).AsMemory(), ct);
    }
}
