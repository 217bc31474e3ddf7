using System.Text.Json;

namespace DataSync.Pipeline.Connectors;

/// <summary>A connector whose reading is configured rather than stated, so that a preview shows beside the records what was understood.</summary>
internal interface IPreviewsPages
{
    /// <summary>Reads the first page and nothing else.</summary>
    Task<PagePreview> PreviewAsync(SourceConnection connection, ReadRequest request, CancellationToken ct);
}

/// <summary>The first page of a source.</summary>
/// <param name="Records">Its records, as a sync would extract them; the receiver disposes them.</param>
/// <param name="Understood">What was asked, what came, and how a sync would go on, as one JSON object without any secret.</param>
internal sealed record PagePreview(IReadOnlyList<RecordBatch> Records, JsonElement Understood);
