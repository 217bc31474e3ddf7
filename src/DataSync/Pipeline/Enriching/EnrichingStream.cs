namespace DataSync.Pipeline.Enriching;

/// <summary>The enrichers of a job whose records are enriched as they stream by.</summary>
internal sealed class EnrichingStream : IAsyncDisposable
{
    private readonly List<string> _kinds = [];
    private readonly List<IEnrichment> _enrichments = [];

    private EnrichingStream() { }

    /// <summary>Opens them for an attempt.</summary>
    public static async ValueTask<EnrichingStream> OpenAsync(IEnumerable<IEnricher> enrichers, SyncRun run, CancellationToken ct)
    {
        var stream = new EnrichingStream();
        try
        {
            foreach (var enricher in enrichers)
            {
                stream._enrichments.Add(await enricher.OpenAsync(run, ct));
                stream._kinds.Add(enricher.Kind);
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Fills <see cref="RecordBatch.Enriched"/>.</summary>
    public async ValueTask EnrichAsync(RecordBatch batch, CancellationToken ct)
    {
        if (_enrichments.Count == 0) return;
        var results = new IReadOnlyList<ReadOnlyMemory<byte>>[_enrichments.Count];
        for (var kind = 0; kind < results.Length; kind++) results[kind] = await _enrichments[kind].EnrichAsync(batch, ct);
        var documents = new RecordBuffer(expectedRecords: batch.Count);
        for (var i = 0; i < batch.Count; i++) EnrichedDocument.Write(documents, _kinds, kind => results[kind][i]);
        batch.Enriched = documents;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var enrichment in _enrichments) await enrichment.DisposeAsync();
    }
}
