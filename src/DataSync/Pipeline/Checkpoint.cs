using System.Text.Json;
using DataSync.Pipeline.Enriching;
using DataSync.Pipeline.Incremental;

namespace DataSync.Pipeline;

/// <summary>How far a job has come; committed together with the records it stands for. Its JSON form is stored and must stay readable.</summary>
internal sealed record Checkpoint
{
    /// <summary>The stage to go on with: <c>extract</c>, <c>refine</c>, <c>export</c> or <c>done</c>.</summary>
    public string Stage { get; init; } = Stages.Extract;

    /// <summary>Sequence number of the next record: all below it are stored or in quarantine.</summary>
    public long NextSeq { get; init; }

    /// <summary>Where the source goes on; null where it cannot and must begin again.</summary>
    public JsonElement? Resume { get; init; }

    /// <summary>How far the source's state moves once the job is complete; null before everything is read, and where nothing moves.</summary>
    public StateMove? State { get; init; }

    /// <summary>How far each enricher is, by its kind; null before the first has begun.</summary>
    public IReadOnlyDictionary<string, EnrichmentPosition>? Enrichments { get; init; }

    /// <summary>Files that an earlier walk of the job exported already, which the export adds to its own; null where there was none.</summary>
    public IReadOnlyList<ExportedFile>? Exported { get; init; }
}

/// <summary>The stages of a job, in order.</summary>
internal static class Stages
{
    public const string Extract = "extract";
    public const string Process = "process";
    public const string Refine = "refine";
    public const string Export = "export";
    public const string Done = "done";
}
