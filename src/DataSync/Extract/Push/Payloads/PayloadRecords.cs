using System.Text.Json;
using DataSync.Extract.Connectors;
using DataSync.Extract.Json;
using DataSync.Extract.Json.Jmes;
using DataSync.Extract.Push.Schema;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push.Payloads;

/// <summary>The records of one payload that is JSON, one after the other, each as the bytes it was sent as.</summary>
internal sealed class PayloadRecords : IDisposable
{
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private readonly RecordSchema? _schema;
    private readonly JsonElements? _elements;
    private readonly JsonDocument? _document;
    private readonly IEnumerator<JmesValue>? _found;

    private PayloadRecords(RecordSchema? schema, JsonElements? elements, JsonDocument? document, IEnumerator<JmesValue>? found)
        => (_schema, _elements, _document, _found) = (schema, elements, document, found);

    /// <summary>Finds the records; null where there is nothing at the path, or nothing that the expression could be carried out on.</summary>
    public static PayloadRecords? Of(ReadOnlyMemory<byte> payload, JmesPath? path, RecordSchema? schema)
    {
        if (path is null) return new PayloadRecords(schema, new JsonElements(payload), null, null);
        var document = JsonDocument.Parse(payload, AnyDepth);
        try
        {
            if (path.Records(document.RootElement, out _) is { } found) return new PayloadRecords(schema, null, document, found.GetEnumerator());
        }
        catch (SyncFailureException)
        {
            // a payload that the expression cannot be carried out on has no records either
        }

        document.Dispose();
        return null;
    }

    /// <summary>Writes the next record, refused where the schema refuses it; false where there is none.</summary>
    public bool TryWrite(BatchBuilder to)
    {
        if (_elements is not null)
        {
            if (!_elements.TryNext(out var element)) return false;
            to.Buffer.Add(element.Span);
        }
        else
        {
            if (!_found!.MoveNext()) return false;
            FoundRecord.Write(_found.Current, isText: true, to);
        }

        if (!to.LastIsRejected && _schema?.Refuse(to.Buffer[to.Buffer.Count - 1]) is { } refused) to.RejectLast(refused);
        return true;
    }

    public void Dispose()
    {
        _found?.Dispose();
        _document?.Dispose();
    }
}
