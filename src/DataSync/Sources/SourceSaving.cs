using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Sources.Slots;

namespace DataSync.Sources;

/// <summary>
/// Saves sources whose logins were looked at first. A login that could write is refused unless the operator allows it. A server that cannot be asked in time
/// refuses nothing: its source is saved with access unknown, and asked again by each test and each reading.
/// </summary>
internal sealed class SourceSaving(SourceStore store, SourceRelease release, ConnectorCatalog connectors, TimeProvider time)
{
    /// <summary>A caller waits so long for the source's server at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MostTries = 3;

    /// <summary>As <see cref="SourceStore.CreateAsync"/>.</summary>
    public async Task<DataSourceConfig> CreateAsync(string tenantId, string createdBy, SourceDefinition definition, Guid? workId, CancellationToken ct)
    {
        if (await store.GetAsync(tenantId, definition.SourceId, ct) is { } found) return found.Id == workId ? found : throw SourceFailure.Exists();
        var access = await LookAsync(definition, definition.ConnectionParams, ct);
        return await store.CreateAsync(tenantId, createdBy, definition, workId, ct, access);
    }

    /// <summary>As <see cref="SourceStore.ReplaceAsync"/>; what the server keeps that it read from is given back where it reads from another now.</summary>
    public async Task<DataSourceConfig> ReplaceAsync(string tenantId, SourceDefinition definition, Func<int, bool> expected, CancellationToken ct)
    {
        var before = await release.FindAsync(tenantId, definition.SourceId, ct);
        SlotRelease? left = null;
        var replaced = await ReplaceLookedAtAsync(
            tenantId, definition, expected, before is null ? null : source => left = SourceRelease.IsSamePlace(source, definition) ? null : release.Leaving(before, source), ct);
        if (before is not null) await release.ReplacedAsync(before, replaced, left);
        return replaced;
    }

    private async Task<DataSourceConfig> ReplaceLookedAtAsync(string tenantId, SourceDefinition definition, Func<int, bool> expected, Func<DataSourceConfig, SlotRelease?>? leaves, CancellationToken ct)
    {
        for (var i = 1; i <= MostTries; i++)
        {
            var (clear, version) = await store.ClearAsync(tenantId, definition, expected, ct);
            var access = await LookAsync(definition, clear, ct);
            try
            {
                return await store.ReplaceAsync(tenantId, definition, found => found == version && expected(found), ct, access, leaves);
            }
            catch (SyncFailureException e) when (e.Failure.MessageKey == SourceFailure.ChangedKey)
            {
                // a secret that was to be kept may be another by now
            }
        }

        return await store.ReplaceAsync(tenantId, definition, expected, ct, AccessState.Unknown(time.GetUtcNow()), leaves);
    }

    /// <summary>What the login may do; null where its connector knows no logins.</summary>
    private async Task<AccessState?> LookAsync(SourceDefinition definition, JsonElement clear, CancellationToken ct)
    {
        if (connectors.Find(definition.Driver) is not IVerifiesReadOnly connector) return null;
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        AccessReport report;
        try
        {
            report = await connector.VerifyAsync(new SourceConnection(definition.Driver, clear), both.Token).WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return AccessState.Unknown(time.GetUtcNow());
        }
        catch (SyncFailureException)
        {
            return AccessState.Unknown(time.GetUtcNow());
        }

        report.Demand(connector.TakesWritable);
        return AccessState.Of(report, time.GetUtcNow());
    }
}
