using System.Globalization;
using DataSync.Platform.Localization;
using DataSync.Privacy.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync;

/// <summary>What an operator does with whole tenants; see docs/privacy.md.</summary>
public static class DataSyncTenants
{
    /// <summary>Erases a tenant for good: its tasks at Label Studio, keys, rows and files; and writes what went. Needs what a worker has.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="tenantId">Whom.</param>
    /// <param name="leaveTasks">Goes on where tasks at Label Studio cannot be removed; nobody can do it later. Otherwise nothing else goes.</param>
    /// <param name="output">Takes what was done.</param>
    /// <param name="errors">Takes what was not, and why.</param>
    /// <param name="language">Tag of the language of the messages; en-US where there is no such one.</param>
    /// <param name="ct">Ends it; it may be repeated.</param>
    /// <returns>Whether there was anything, and it went.</returns>
    public static async Task<bool> EraseTenantAsync(this IServiceProvider services, string tenantId, bool leaveTasks, TextWriter output, TextWriter errors, string language, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        var messages = services.GetRequiredService<Messages>();
        var erased = await services.GetRequiredService<TenantErasure>().RunAsync(tenantId, leaveTasks, ct);
        foreach (var (project, why) in erased.Unreached)
            await errors.WriteLineAsync(messages.Format("tenants.unreached", language, ("project", project.ToString(CultureInfo.InvariantCulture)), ("reason", why)).AsMemory(), ct);
        if (erased.OutOfReach > 0) await errors.WriteLineAsync(messages.Format("tenants.out_of_reach", language, ("jobs", erased.OutOfReach)).AsMemory(), ct);
        if (erased.Unreached.Count > 0 && !leaveTasks)
        {
            await errors.WriteLineAsync(messages.Format("tenants.kept", language, ("tenant", tenantId)).AsMemory(), ct);
            return false;
        }

        await output.WriteLineAsync(messages.Format("tenants.erased", language, ("rows", erased.Rows), ("tenant", tenantId), ("tasks", erased.Tasks)).AsMemory(), ct);
        return erased.Rows > 0;
    }
}
