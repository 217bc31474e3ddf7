using System.Diagnostics.CodeAnalysis;
using DataSync.Pipeline.Refinement;

namespace DataSync.Pipeline;

/// <summary>
/// Records on their way through the pipeline: the documents as extracted, beside them what refinement made of each, and what was refused.
/// The batch belongs to whoever received it last: the consumer of a stream of batches disposes each.
/// </summary>
internal sealed class RecordBatch(long firstSeq, RecordBuffer raw) : IDisposable
{
    private Dictionary<int, Rejection>? _rejections;
    private bool[]? _aside;

    /// <summary>Ordinal of the first record within the job, from 0. Record i has <c>FirstSeq + i</c>, unless <see cref="Seqs"/> says otherwise.</summary>
    public long FirstSeq { get; } = firstSeq;

    /// <summary>The records' ordinals where some in between are not in the batch; null where they follow one another.</summary>
    public IReadOnlyList<long>? Seqs { get; init; }

    /// <summary>The documents as they came. Never changed by refinement.</summary>
    public RecordBuffer Raw { get; } = raw;

    /// <summary>What refinement made of each record, an empty document where it is equal to the original; null where no refinement ran.</summary>
    public RecordBuffer? Refined { get; set; }

    /// <summary>How <see cref="Refined"/> is made of the original, as <see cref="Documents.DocumentChanges"/> has it, where that takes far fewer bytes; empty where it does not, null where none has any.</summary>
    public RecordBuffer? Changes { get; set; }

    /// <summary>Per record a JSON object of metadata (tags …), empty where there is none; null where no record has any.</summary>
    public RecordBuffer? Metadata { get; set; }

    /// <summary>Per record a JSON object of what enrichers made, by their kind, empty where there is none; null where no record has any.</summary>
    public RecordBuffer? Enriched { get; set; }

    /// <summary>JSON that tells the source where to go on after this batch; empty where the source cannot resume in the middle.</summary>
    public ReadOnlyMemory<byte> ResumeToken { get; set; }

    /// <summary>How often rules were met on these records; null where no rules ran.</summary>
    public RuleHits? RuleHits { get; set; }

    /// <summary>What refiners must remember of these records; empty where nothing is.</summary>
    public IReadOnlyList<SeenValues> Seen { get; set; } = [];

    public int Count => Raw.Count;

    public int RejectedCount => _rejections?.Count ?? 0;

    /// <summary>Records that <see cref="SetAside"/> took out.</summary>
    public int AsideCount { get; private set; }

    /// <summary>Bytes of memory the batch's buffers take.</summary>
    public long Capacity => Raw.Capacity + (Refined?.Capacity ?? 0) + (Changes?.Capacity ?? 0) + (Metadata?.Capacity ?? 0) + (Enriched?.Capacity ?? 0);

    public long SeqOf(int index) => Seqs is { } seqs ? seqs[index] : FirstSeq + index;

    /// <summary>The document to use: refined where refinement changed it, else the original.</summary>
    public ReadOnlyMemory<byte> Current(int index)
        => Refined is { } refined && refined.Memory(index) is { Length: > 0 } changed ? changed : Raw.Memory(index);

    /// <summary>Takes a record out of the stream: it goes to quarantine with its original. The first refusal of a record counts.</summary>
    public void Reject(int index, Rejection rejection) => (_rejections ??= []).TryAdd(index, rejection);

    /// <summary>Takes a record out of this walk, because another part of the job keeps it: refiners, stores and exporters pass over it, refused or not.</summary>
    public void SetAside(int index)
    {
        _aside ??= new bool[Count];
        if (_aside[index]) return;
        _aside[index] = true;
        AsideCount++;
    }

    public bool IsAside(int index) => _aside?[index] == true;

    /// <summary>Neither refused nor set aside.</summary>
    public bool IsKept(int index) => !IsAside(index) && !IsRejected(index);

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
        Changes?.Dispose();
        Metadata?.Dispose();
        Enriched?.Dispose();
    }
}
