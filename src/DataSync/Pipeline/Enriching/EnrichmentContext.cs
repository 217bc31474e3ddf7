using System.Text.Json;

namespace DataSync.Pipeline.Enriching;

/// <summary>What an enricher has at hand while it works on stored records.</summary>
/// <param name="Run">The attempt.</param>
/// <param name="Position">How far the attempts before came.</param>
/// <param name="Deadline">When waiting must be over (<c>annotation_timeout_seconds</c> after the job first waited): what is not there by then is to be given up, with an outcome that says so.</param>
/// <param name="Records">
/// Streams the chosen stored records, each batch naming their sequence numbers. No transaction stays open between batches, so the reading may take hours. The consumer disposes the batches.
/// </param>
/// <param name="CommitAsync">
/// Makes results and the new position durable together, under the fence; one call at a time. A result of a record that has one of this kind already changes nothing.
/// </param>
internal sealed record EnrichmentContext(
    SyncRun Run,
    EnrichmentPosition Position,
    DateTimeOffset Deadline,
    Func<RecordChoice, CancellationToken, IAsyncEnumerable<RecordBatch>> Records,
    Func<EnrichmentMove, CancellationToken, Task> CommitAsync);

/// <summary>Which stored records an enricher looks at.</summary>
/// <param name="From">The first sequence number.</param>
/// <param name="Earlier">Only those of which an enricher before this one made such a result; null for all.</param>
internal readonly record struct RecordChoice(long From, EarlierResult? Earlier = null);

/// <summary>A result by the enricher that made it and how it went. Both are names of our own (lower-case letters and underscores), never a tenant's text.</summary>
internal sealed record EarlierResult(string Kind, string Outcome);

/// <summary>A step of an enricher.</summary>
/// <param name="Results">What it made; none is allowed.</param>
/// <param name="NextSeq">All records below have their results.</param>
/// <param name="State">What the enricher needs to go on after a crash; small, since it lies in the checkpoint.</param>
/// <param name="Summary">What the job shows of it: counts, costs. An object; null leaves what is shown as it is.</param>
internal sealed record EnrichmentMove(IReadOnlyList<EnrichedRecord> Results, long NextSeq, JsonElement? State = null, JsonElement? Summary = null);

/// <summary>What an enricher made of a record.</summary>
/// <param name="Seq">The record's sequence number.</param>
/// <param name="Result">A JSON object. Its member <c>outcome</c> (up to 20 characters) says how it went, <c>problem</c>, where it is a text, why not.</param>
internal readonly record struct EnrichedRecord(long Seq, ReadOnlyMemory<byte> Result);

/// <summary>How far an enricher is. Part of the checkpoint: its JSON form is stored and must stay readable.</summary>
internal sealed record EnrichmentPosition
{
    /// <summary>All records below have their results.</summary>
    public long NextSeq { get; init; }

    /// <summary>Results so far.</summary>
    public long Results { get; init; }

    /// <summary>Nothing is left to do.</summary>
    public bool IsDone { get; init; }

    /// <summary>The enricher's own.</summary>
    public JsonElement? State { get; init; }
}

/// <summary>How an enricher's work in an attempt ended.</summary>
/// <param name="Wait">Null where all is done; else the job rests, without a worker, for this long or until it is rung (<see cref="RingJob"/>), and the enricher is run again.</param>
internal readonly record struct EnrichmentEnd(TimeSpan? Wait)
{
    public static EnrichmentEnd Done => default;

    public static EnrichmentEnd WaitFor(TimeSpan wait) => new(wait);
}

/// <summary>
/// A hint that a job may have what it waits for: it is taken up as soon as a thread is free. Where an attempt is running, it is remembered until that one would wait. False where
/// the tenant has no such job that has not ended.
/// </summary>
internal delegate Task<bool> RingJob(string tenantId, Guid jobId, CancellationToken ct);
