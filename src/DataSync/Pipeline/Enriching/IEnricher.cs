using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Enriching;

/// <summary>
/// A kind of refinement that adds to records what others know of them (extension point): it may cost money, take hours, and wait for people. In an
/// <c>async</c> sync it works on the stored records, in a stage of its own; elsewhere, where nothing of a payload may be stored for it, on the records as they stream by.
/// </summary>
internal interface IEnricher
{
    /// <summary>Its name in the database and, behind an underscore, in an export: lower-case letters and underscores.</summary>
    string Kind { get; }

    /// <summary>Order among enrichers: lower runs first.</summary>
    int Order { get; }

    /// <summary>The members of <c>refinement_config</c> that this enricher reads.</summary>
    IReadOnlySet<string> Members { get; }

    /// <summary>Names everything wrong with its members of <c>refinement_config</c>; paths start at <paramref name="path"/>.</summary>
    /// <param name="refinementConfig">The whole member.</param>
    /// <param name="mode">The sync's mode: an enricher that cannot serve it says so here.</param>
    /// <param name="path">Where it stands.</param>
    IEnumerable<Fault> Validate(JsonElement refinementConfig, string mode, string path);

    /// <summary>
    /// Names what only the installation's own records can tell is wrong, such as something that is not the tenant's. Asked beside <see cref="Validate"/>, whatever that found,
    /// where somebody waits to hear it; never a call to another system.
    /// </summary>
    /// <param name="tenantId">Whose job it would be.</param>
    /// <param name="refinementConfig">The whole member, an object.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="ct">Ends the wait.</param>
    ValueTask<IReadOnlyList<Fault>> AdmitAsync(string tenantId, JsonElement refinementConfig, string path, CancellationToken ct) => ValueTask.FromResult<IReadOnlyList<Fault>>([]);

    /// <summary>Whether the configuration, an object, asks for it. It may not have been validated by this version.</summary>
    bool IsAskedFor(JsonElement refinementConfig);

    /// <summary>Begins the work of one attempt at a job that asks for it.</summary>
    ValueTask<IEnrichment> OpenAsync(SyncRun run, CancellationToken ct);
}

/// <summary>An enricher at work for one attempt.</summary>
internal interface IEnrichment : IAsyncDisposable
{
    /// <summary>
    /// Works on the stored records from where earlier attempts stopped, and commits what it makes as it goes: what was committed is not asked for again. Returns when
    /// nothing is left to do, or when there is nothing to do but wait. A record that fails has a result that says so; only what concerns the whole job is thrown.
    /// </summary>
    Task<EnrichmentEnd> RunAsync(EnrichmentContext context, CancellationToken ct);

    /// <summary>
    /// Works on records as they stream by, and keeps nothing of them. One result for each record of the batch (see <see cref="EnrichedRecord.Result"/>), empty where there is
    /// none; records that are refused or set aside have none.
    /// </summary>
    Task<IReadOnlyList<ReadOnlyMemory<byte>>> EnrichAsync(RecordBatch batch, CancellationToken ct);
}

internal static class Enrichers
{
    /// <summary>Those that a configuration asks for, in their order.</summary>
    public static IEnumerable<IEnricher> AskedFor(this IEnumerable<IEnricher> enrichers, JsonElement refinementConfig)
        => refinementConfig.ValueKind == JsonValueKind.Object ? enrichers.Where(e => e.IsAskedFor(refinementConfig)).OrderBy(e => e.Order) : [];
}
