using System.IO.Pipelines;

namespace DataSync.Pipeline;

/// <summary>What a run has beside its job where the process that took the request runs it. None of it is stored, so nobody else can take the run up.</summary>
internal sealed record InlineRun
{
    /// <summary>Where an inline export puts the records: a JSON array and nothing else.</summary>
    public PipeWriter? Output { get; init; }

    /// <summary>The records of a push, as a JSON array or a single value; null where they are read from a source.</summary>
    public ReadOnlyMemory<byte>? Payload { get; init; }

    /// <summary>Only the records that routing sends to <c>async</c> or <c>realtime</c> are this walk's; null for all.</summary>
    public string? Part { get; init; }

    /// <summary>A batch ends at this many bytes: smaller than elsewhere, since many runs share a process's memory.</summary>
    public int BatchBytes { get; init; } = 128 * 1024;
}
