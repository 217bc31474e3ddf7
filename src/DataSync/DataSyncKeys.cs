using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Encryption;
using DataSync.Platform.Localization;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync;

/// <summary>What an operator does with keys; see docs/security.md.</summary>
public static class DataSyncKeys
{
    /// <summary>Wraps every tenant's data keys under the first master key, and writes how many these were, and how many tenants failed.</summary>
    /// <param name="services">The system's services.</param>
    /// <param name="output">Takes the line.</param>
    /// <param name="language">Tag of the language of the messages; en-US where there is no such one.</param>
    /// <param name="ct">Ends the rotation.</param>
    /// <returns>Whether no tenant failed.</returns>
    public static async Task<bool> RotateMasterKeyAsync(this IServiceProvider services, TextWriter output, string language, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(output);
        var outcome = await services.GetRequiredService<MasterKeyRotation>().RunAsync(ct);
        await output.WriteLineAsync(services.GetRequiredService<Messages>().Format("keys.rewrapped", language, ("rewrapped", outcome.Rewrapped), ("failed", outcome.Failed)).AsMemory(), ct);
        return outcome.Failed == 0;
    }

    /// <summary>
    /// Gives a tenant a new data key and moves its sealed values to it, and writes how many moved, and how many do not open and stayed. A tenant that has no
    /// data key never sealed anything, or its id is misspelt.
    /// </summary>
    /// <param name="services">The system's services.</param>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="output">Takes what was done.</param>
    /// <param name="errors">Takes why nothing was.</param>
    /// <param name="language">Tag of the language of the messages; en-US where there is no such one.</param>
    /// <param name="ct">Ends the rotation.</param>
    /// <returns>Whether all moved.</returns>
    public static async Task<bool> RotateDataKeyAsync(this IServiceProvider services, string tenantId, TextWriter output, TextWriter errors, string language, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        var messages = services.GetRequiredService<Messages>();
        var trail = AuditTrail.Begin("rotate-data-key", "key.rotate", "tenant", tenantId, services.GetRequiredService<TimeProvider>());
        var outcome = await services.GetRequiredService<DataKeyRotation>().RunAsync(tenantId, ct);
        trail.End();
        if (outcome.KeyId == 0)
        {
            await errors.WriteLineAsync(messages.Format("keys.none", language, ("tenant", tenantId)).AsMemory(), ct);
            return false;
        }

        await output.WriteLineAsync(messages.Format("keys.moved", language, ("moved", outcome.Moved), ("unreadable", outcome.Unreadable)).AsMemory(), ct);
        return outcome.Unreadable == 0;
    }
}
