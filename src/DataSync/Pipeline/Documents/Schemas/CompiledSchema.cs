using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Documents.Schemas;

/// <summary>
/// A JSON schema of draft 4, 6, 7, 2019-09 or 2020-12, made ready once for many records: numbers by their value to the last digit, lengths in code points, patterns in a time that
/// grows with the text. It refers to itself alone: nothing is fetched. What it cannot honour it refuses when it is made, and passes over nothing.
/// </summary>
internal sealed class CompiledSchema
{
    private const long Steps = 1_000_000, StepsPerByte = 8;

    /// <summary>Levels of nesting that a record may have.</summary>
    private const int Deepest = 512;

    private readonly SchemaNode _root;

    private CompiledSchema(SchemaNode root) => _root = root;

    /// <summary>Null where anything is wrong with the schema.</summary>
    /// <param name="schema">The schema; it may be disposed afterwards.</param>
    /// <param name="path">Where it stands, for what is said of it.</param>
    /// <param name="faults">Everything that is wrong.</param>
    public static CompiledSchema? Compile(JsonElement schema, string path, out IReadOnlyList<Fault> faults)
    {
        var compiler = new SchemaCompiler();
        var root = compiler.Compile(schema, path);
        faults = compiler.Faults;
        return faults.Count == 0 ? new CompiledSchema(root) : null;
    }

    /// <summary>Where a record first differs from what it must be, such as <c>#/lines[1].sku</c>; <c>#</c> where it is the whole, or took more looks than a record is given; null where it does not differ.</summary>
    /// <param name="record">JSON. Throws <see cref="JsonException"/> where it is none or is nested more deeply than 512 levels.</param>
    public string? Differs(ReadOnlySpan<byte> record)
    {
        var reader = new Utf8JsonReader(record, new JsonReaderOptions { MaxDepth = Deepest });
        using var document = JsonDocument.ParseValue(ref reader);
        return Differs(document.RootElement, record.Length);
    }

    private string? Differs(JsonElement record, int bytes)
    {
        var evaluation = new SchemaEvaluation(Steps + (StepsPerByte * bytes));
        var passes = _root.Passes(record, evaluation);
        return evaluation.IsSpent ? "#" : passes ? null : evaluation.Where();
    }
}
