using System.Text.Json;
using DataSync.Pipeline.Documents.Schemas;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push.Schema;

/// <summary>Names what is wrong with a JSON schema before it is used: a keyword that would be passed over would let bad records in, and nothing elsewhere is fetched.</summary>
internal static class SchemaValidation
{
    /// <summary>Characters of a schema at most.</summary>
    public const int Longest = 64 * 1024;

    public static IEnumerable<Fault> Validate(JsonElement schema, string path)
    {
        if (schema.ValueKind != JsonValueKind.Object || schema.GetRawText().Length > Longest) return [new Fault(path, "faults.webhook.schema", ("longest", Longest))];
        CompiledSchema.Compile(schema, path, out var faults);
        return faults;
    }
}
