using System.Collections.Concurrent;
using System.Text.Json;
using DataSync.Pipeline.Refinement;
using DataSync.Pipeline.Routing;

namespace DataSync.Pipeline;

/// <summary>Counters of a running job. Stages add, the engine reads them at any time and stores them with the job.</summary>
internal sealed class SyncProgress
{
    private readonly ConcurrentDictionary<string, JsonElement> _summaries = new(StringComparer.Ordinal);
    private long _extracted, _processed, _refined, _exported, _rejected, _bytes, _enriched;

    /// <summary>Records read from the source.</summary>
    public long Extracted => Interlocked.Read(ref _extracted);

    /// <summary>Records durable (or in quarantine): committed, not merely written.</summary>
    public long Processed => Interlocked.Read(ref _processed);

    /// <summary>Records that went through refinement.</summary>
    public long Refined => Interlocked.Read(ref _refined);

    /// <summary>Records written to the export.</summary>
    public long Exported => Interlocked.Read(ref _exported);

    /// <summary>Records in quarantine.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Results of enrichers that this attempt made durable.</summary>
    public long Enriched => Interlocked.Read(ref _enriched);

    /// <summary>What the job shows of its enrichers, by their kind; null where none has told.</summary>
    public IReadOnlyDictionary<string, JsonElement>? EnrichmentSummaries => _summaries.IsEmpty ? null : _summaries;

    /// <summary>Payload bytes read from the source.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How many records there will be, where the source can say.</summary>
    public long? Total { get; set; }

    /// <summary>The stage that the job's row names, as soon as what is being written is committed; null where no attempt has noted one.</summary>
    public string? Stage { get; set; }

    /// <summary>Which rule sent how many records where; null where nothing is routed.</summary>
    public RoutedCounts? Routed { get; set; }

    /// <summary>How often rules were met on the records that were kept or refused; null where no rules ran.</summary>
    public RuleHits? Rules { get; set; }

    /// <summary>Adds a batch's counts.</summary>
    public void AddRules(RuleHits? hits)
    {
        if (hits is not null) Rules = (Rules ?? new RuleHits(hits.Ids)).With(hits);
    }

    public void AddExtracted(long records, long bytes)
    {
        Interlocked.Add(ref _extracted, records);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void AddProcessed(long records, long rejected)
    {
        Interlocked.Add(ref _processed, records);
        Interlocked.Add(ref _rejected, rejected);
    }

    public void AddRefined(long records) => Interlocked.Add(ref _refined, records);

    public void AddEnriched(long results) => Interlocked.Add(ref _enriched, results);

    /// <summary>Sets what the job shows of an enricher.</summary>
    public void Summarise(string kind, JsonElement summary) => _summaries[kind] = summary;

    public void AddExported(long records) => Interlocked.Add(ref _exported, records);

    /// <summary>Sets the counters to where a checkpoint stands, at the start of an attempt.</summary>
    public void Restore(long processed, long rejected, long bytes)
    {
        Interlocked.Exchange(ref _bytes, bytes);
        Interlocked.Exchange(ref _extracted, processed + rejected);
        Interlocked.Exchange(ref _refined, processed + rejected);
        Interlocked.Exchange(ref _processed, processed);
        Interlocked.Exchange(ref _rejected, rejected);
        Interlocked.Exchange(ref _exported, 0);
    }

    /// <summary>An export that begins again counts from zero.</summary>
    public void RestartExport() => Interlocked.Exchange(ref _exported, 0);
}
