using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Refinement;

namespace DataSync.Pipeline;

/// <summary>A kind of refinement that runs while records stream by, before they are stored (extension point).</summary>
internal interface IRefiner
{
    /// <summary>Order among refiners: lower runs first.</summary>
    int Order { get; }

    /// <summary>The members of <c>refinement_config</c> that this refiner reads.</summary>
    IReadOnlySet<string> Members { get; }

    /// <summary>Names everything wrong with its members of <c>refinement_config</c>; paths start at <paramref name="path"/>.</summary>
    IEnumerable<Fault> Validate(JsonElement refinementConfig, string path);

    /// <summary>
    /// Makes the refiner of one job; null where the configuration does not ask for it. The configuration was validated before. What it compiles may be
    /// kept for the tenant's next job, never for another tenant's.
    /// </summary>
    ValueTask<IBatchRefiner?> CompileAsync(string tenantId, JsonElement refinementConfig, CancellationToken ct);
}

internal static class Refiners
{
    /// <summary>Those of the refiners that a job asks for, compiled, in their order.</summary>
    public static async ValueTask<IBatchRefiner[]> CompileAsync(this IReadOnlyList<IRefiner> refiners, string tenantId, JsonElement refinementConfig, CancellationToken ct)
    {
        List<IBatchRefiner> compiled = [];
        if (refinementConfig.ValueKind != JsonValueKind.Object) return [];
        foreach (var refiner in refiners)
        {
            if (await refiner.CompileAsync(tenantId, refinementConfig, ct) is { } asked) compiled.Add(asked);
        }

        return [.. compiled];
    }
}

/// <summary>A compiled refiner. One instance serves one job at a time.</summary>
internal interface IBatchRefiner
{
    /// <summary>Whether it may fill <see cref="RecordBatch.Metadata"/>, so that an export knows its columns before the first record.</summary>
    bool AddsMetadata { get; }

    /// <summary>Whether it remembers anything from one record to the next.</summary>
    bool Remembers => false;

    /// <summary>Takes back what it remembered of the records that earlier attempts committed, before the first batch.</summary>
    void Recall(SeenValues seen) { }

    /// <summary>
    /// Fills <see cref="RecordBatch.Refined"/> (with <see cref="RecordBatch.Changes"/>, or none) and <see cref="RecordBatch.Metadata"/> and rejects records. The originals stay as they are.
    /// A record that fails is handled by its rule (kept or rejected), never by an exception.
    /// </summary>
    ValueTask RefineAsync(RecordBatch batch, CancellationToken ct);
}
