using System.Buffers;
using System.Text;

namespace DataSync.Pipeline.Enriching;

/// <summary>What enrichers made of a record, as one JSON object: a member for each kind that made something. See <see cref="RecordBatch.Enriched"/>.</summary>
internal static class EnrichedDocument
{
    /// <summary>Writes one record's document; an empty one where no kind has a result.</summary>
    /// <param name="target">Takes the document.</param>
    /// <param name="kinds">The kinds.</param>
    /// <param name="resultOf">The result of the kind with that index; empty for none.</param>
    public static void Write(RecordBuffer target, IReadOnlyList<string> kinds, Func<int, ReadOnlyMemory<byte>> resultOf)
    {
        var any = false;
        for (var kind = 0; kind < kinds.Count; kind++)
        {
            if (resultOf(kind).Span is not { Length: > 0 } result) continue;
            Begin(target, kinds[kind], any);
            target.Write(result);
            any = true;
        }

        End(target, any);
    }

    /// <summary>Begins a member whose value the caller writes.</summary>
    public static void Begin(RecordBuffer target, string kind, bool hasOthers)
    {
        target.Write(hasOthers ? ",\""u8 : "{\""u8);
        Encoding.UTF8.GetBytes(kind, target);
        target.Write("\":"u8);
    }

    /// <summary>Closes the document.</summary>
    public static void End(RecordBuffer target, bool hasAny)
    {
        if (hasAny) target.Write("}"u8);
        target.EndRecord();
    }
}
