using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Documents.Schemas;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push.Schema;

/// <summary>A source's schema, ready for its records. It never changes, so many runs may use one.</summary>
internal sealed class RecordSchema
{
    private const string Key = "errors.record.schema";
    private const int LongestField = 200;
    private readonly CompiledSchema _schema;

    private RecordSchema(CompiledSchema schema) => _schema = schema;

    /// <summary>Makes a schema ready. One that was stored when less was refused is named by its fault, for good: retried after it was corrected, nothing is lost.</summary>
    public static RecordSchema Read(string text)
        => CompiledSchema.Compile(JsonElement.Parse(text), "/extraction_params/schema", out var faults) is { } schema
            ? new(schema)
            : throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.schema_refused", ("path", faults[0].Path)));

    /// <summary>Why the record is refused; null where it is as it must be.</summary>
    public Rejection? Refuse(ReadOnlySpan<byte> record)
    {
        try
        {
            return _schema.Differs(record) is { } where ? Rejected(where) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Rejected("#"); // nested too deeply, or a name with half a pair of surrogates, which is no text: put aside alone, it stops none of the others
        }
    }

    private static Rejection Rejected(string field) => new("schema", "schema", Key, field.Length <= LongestField ? field : field[..(char.IsHighSurrogate(field[LongestField - 1]) ? LongestField - 1 : LongestField)]);
}
