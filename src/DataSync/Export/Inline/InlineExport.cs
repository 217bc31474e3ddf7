using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using DataSync.Export.Records;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Inline;

/// <summary>Puts the records into the answer instead of files: a JSON array of the same documents that JSON pages hold, sent as it is written.</summary>
internal static class InlineExport
{
    private const int FlushAt = 32 * 1024;

    /// <summary>Writes the array; returns how many records it has.</summary>
    public static async Task<long> WriteAsync(StageContext context, RecordView view, CancellationToken ct)
    {
        var output = context.Run.Inline?.Output ?? throw new InvalidOperationException("An inline export has an answer to go into.");
        var (records, unsent) = (0L, 0);
        output.Write("["u8);
        await foreach (var batch in context.Records(ct))
        {
            using (batch)
            {
                Load(view, batch);
                for (var i = 0; i < view.Count; i++)
                {
                    output.Write(records++ == 0 ? "\n"u8 : ",\n"u8);
                    output.Write(view[i]);
                    unsent += view[i].Length;
                    if (unsent < FlushAt) continue;
                    unsent = 0;
                    await SendAsync(output, ct);
                }

                context.Run.Progress.AddExported(view.Count);
            }
        }

        output.Write("]"u8);
        await SendAsync(output, ct);
        return records;
    }

    private static void Load(RecordView view, RecordBatch batch)
    {
        try
        {
            view.Load(batch);
        }
        catch (JsonException broken)
        {
            var first = new Dictionary<string, object?>(StringComparer.Ordinal) { ["seq"] = batch.FirstSeq };
            throw new SyncFailureException(new SyncFailure(FailureKind.Critical, "errors.export.record_broken", first), broken);
        }
    }

    /// <summary>Waits while the reader is slow, so that what is not yet sent stays small.</summary>
    private static async ValueTask SendAsync(PipeWriter output, CancellationToken ct)
    {
        var sent = await output.FlushAsync(ct);
        if (sent.IsCanceled || sent.IsCompleted) throw new OperationCanceledException("Nobody reads the answer any more.");
    }
}
