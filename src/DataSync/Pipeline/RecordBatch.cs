using System.Diagnostics.CodeAnalysis;

namespace DataSync.Pipeline;

/// <summary>
/// Records on their way through the pipeline: the documents as extracted, beside them what refinement made of each, and what was refused.
/// The batch belongs to whoever received it last: the consumer of a stream of batches disposes each.
/// </summary>
internal sealed class RecordBatch(long firstSeq, RecordBuffer raw) : IDisposable
{
    private Dictionary<int, Rejection>? _rejections;

    /// <summary>Ordinal of the first record within the job, from 0. Record i has <c>FirstSeq + i</c>.</summary>
    public long FirstSeq { get; } = firstSeq;

    /// <summary>The documents as they came. Never changed by refinement.</summary>
    public RecordBuffer Raw { get; } = raw;

    /// <summary>What refinement made of each record, an empty document where it is equal to the original; null where no refinement ran.</summary>
    public RecordBuffer? Refined { get; set; }

    /// <summary>Per record a JSON object of metadata (tags …), empty where there is none; null where no record has any.</summary>
    public RecordBuffer? Metadata { get; set; }

    /// <summary>JSON that tells the source where to go on after this batch; empty where the source cannot resume in the middle.</summary>
    public ReadOnlyMemory<byte> ResumeToken { get; init; }

    public int Count => Raw.Count;

    public int RejectedCount => _rejections?.Count ?? 0;

    /// <summary>The document to use: refined where refinement changed it, else the original.</summary>
    public ReadOnlyMemory<byte> Current(int index)
        => Refined is { } refined && refined.Memory(index) is { Length: > 0 } changed ? changed : Raw.Memory(index);

    /// <summary>Takes a record out of the stream: it goes to quarantine with its original. The first refusal of a record counts.</summary>
    public void Reject(int index, Rejection rejection) => (_rejections ??= []).TryAdd(index, rejection);

    public bool IsRejected(int index) => _rejections?.ContainsKey(index) == true;

    public bool TryGetRejection(int index, [NotNullWhen(true)] out Rejection? rejection)
    {
        rejection = null;
        return _rejections?.TryGetValue(index, out rejection) == true;
    }

    public void Dispose()
    {
        Raw.Dispose();
        Refined?.Dispose();
        Metadata?.Dispose();
    }
}
