using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Jobs.ExportAgain;

/// <summary>The body of <c>POST …/exports</c>: the members of a Start that say which files come out, and how long that may take.</summary>
/// <param name="Members">Those that were given; the others stay as they were with the job.</param>
internal sealed record ExportAgainRequest(IReadOnlyDictionary<string, JsonElement> Members) : IRequestBody<ExportAgainRequest>
{
    public const string Formats = "output_format";
    public const string Config = "export_config";
    public const string Timeout = "timeout_seconds";

    /// <summary>The members as a Start would have them. Stored records are exported, so the mode is theirs.</summary>
    public JsonElement ToPlan() => JsonElement.Parse(
        $$"""{"mode":"async"{{string.Concat(Members.Select(m => $",\"{m.Key}\":{m.Value.GetRawText()}"))}}}""", new JsonDocumentOptions { MaxDepth = 128 });

    public static ExportAgainRequest Read(JsonObjectReader json)
    {
        Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
        foreach (var name in (string[])[Formats, Config, Timeout])
        {
            if (json.Raw(name) is { } value) members[name] = value;
        }

        return new ExportAgainRequest(members);
    }
}
