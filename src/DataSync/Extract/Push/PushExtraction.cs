using System.Text.Json;
using DataSync.Extract.Json;
using DataSync.Extract.Push.Schema;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push;

/// <summary><c>extraction_params</c> of a webhook: where the records stand in a payload, and what each must look like.</summary>
/// <param name="RecordsPath">Null for the payload itself: an array's elements, or the one value.</param>
/// <param name="Schema">The text of a JSON schema; null where any record will do.</param>
internal sealed record PushExtraction(JmesPath? RecordsPath, string? Schema)
{
    /// <summary>Names everything wrong with them.</summary>
    public static IEnumerable<Fault> Validate(JsonElement given, string path)
        => given.ValueKind != JsonValueKind.Object
            ? [new Fault(path, "faults.source.object")]
            : given.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).SelectMany(m => Member(m, path + JsonPointer.Segment(m.Name)));

    /// <summary>Reads what <see cref="Validate"/> found nothing wrong with. Other members are another kind of source's, whose records a call brought along.</summary>
    public static PushExtraction Read(JsonElement given) => new(
        given.Given("records_path") is { } path ? JmesPath.Parse(path.GetString()!) : null,
        given.Given("schema")?.GetRawText());

    private static IEnumerable<Fault> Member(JsonProperty member, string at) => member.Name switch
    {
        "records_path" => JmesPath.Validate(member.Value, at),
        "schema" => SchemaValidation.Validate(member.Value, at),
        _ => [new Fault(at, "faults.read.unknown", ("name", member.Name))],
    };
}
