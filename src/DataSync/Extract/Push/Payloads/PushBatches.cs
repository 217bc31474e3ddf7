using System.Text.Json;
using DataSync.Extract.Connectors;
using DataSync.Extract.Push.Schema;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Payloads;

/// <summary>Makes batches of payloads. A batch may end within one: its resume token says behind which delivery, and behind how many records of the next.</summary>
internal sealed class PushBatches(PushExtraction extraction, RecordSchema? schema, ReadRequest request) : IDisposable
{
    private const string NothingThere = "errors.record.records_path";

    /// <summary>A payload's own bound holds for its records: what was taken in is kept, also as base64.</summary>
    private readonly BatchBuilder _builder = new(request, int.MaxValue);

    /// <summary>Records that came with the call. A payload that is no JSON is refused as a whole.</summary>
    public IEnumerable<RecordBatch> OfCall(ReadOnlyMemory<byte> payload)
    {
        // A list of records is read as it comes; whoever searches in it, or nests it too deep for that, must have looked at it whole.
        if (extraction.RecordsPath is not null && PayloadFault.Of(payload.Span) is not null) throw new SyncFailureException(SyncFailure.Permanent("errors.push.not_json"));
        using var records = PayloadRecords.Of(payload, extraction.RecordsPath, schema);
        if (records is null) Refuse(payload.Span);
        while (records?.TryWrite(_builder) == true)
        {
            if (_builder.IsFull) yield return _builder.Take(default);
        }

        if (!_builder.IsEmpty) yield return _builder.Take(default);
    }

    /// <summary>Records of a delivery that was taken in before, from the one on that was not handed out yet. What cannot be read is refused and kept.</summary>
    public IEnumerable<RecordBatch> OfDelivery(PushedPayload delivery, long skip)
    {
        var written = 0L;
        if (PayloadFault.Of(delivery.Payload.Span) is { } fault)
        {
            if (skip == 0) RefuseBytes(delivery.Payload.Span, fault);
        }
        else
        {
            using var records = PayloadRecords.Of(delivery.Payload, extraction.RecordsPath, schema);
            if (records is null && skip == 0) Refuse(delivery.Payload.Span);
            using var passed = new BatchBuilder(request with { BatchBytes = 16 * 1024 }, int.MaxValue);
            while (written < skip && records?.TryWrite(passed) == true)
            {
                written++;
                passed.Take(default).Dispose();
            }

            while (records?.TryWrite(_builder) == true)
            {
                written++;
                if (_builder.IsFull) yield return _builder.Take(Token(delivery.Position - 1, written));
            }
        }

        _done = delivery.Position;
        if (_builder.IsFull) yield return _builder.Take(Token(_done, 0));
    }

    /// <summary>What is left behind the last delivery; null where nothing is.</summary>
    public RecordBatch? Rest() => _builder.IsEmpty ? null : _builder.Take(Token(_done, 0));

    /// <summary>Where a run goes on: behind which delivery, and how many records of the next were handed out.</summary>
    public static (long After, long Records) Position(JsonElement? token)
        => token is { ValueKind: JsonValueKind.Object } given ? (given.GetProperty("after").GetInt64(), given.GetProperty("records").GetInt64()) : (0, 0);

    public void Dispose() => _builder.Dispose();

    private long _done;

    private static ReadOnlyMemory<byte> Token(long after, long records) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, long>(StringComparer.Ordinal) { ["after"] = after, ["records"] = records });

    /// <summary>JSON without anything where the records should stand.</summary>
    private void Refuse(ReadOnlySpan<byte> payload)
    {
        _builder.Buffer.Add(payload);
        _builder.RejectLast(new Rejection("extract", "records_path", NothingThere, extraction.RecordsPath?.Text));
    }

    private void RefuseBytes(ReadOnlySpan<byte> payload, Rejection fault)
    {
        InvalidText.Write(payload, _builder.Buffer);
        _builder.Buffer.EndRecord();
        _builder.RejectLast(fault);
    }
}
