using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Jobs.Start;

/// <summary>The body of <c>POST /api/sync/start</c>. Its sections stay as they came: the rooms they belong to read and validate them.</summary>
/// <param name="SourceId">The source to sync.</param>
/// <param name="Members">Every other member that was given, laid over the source's own <c>sync</c>.</param>
internal sealed record StartRequest(string SourceId, IReadOnlyDictionary<string, JsonElement> Members) : IRequestBody<StartRequest>
{
    /// <summary>The members that a Start may lay over a source's <c>sync</c> section.</summary>
    public static readonly IReadOnlyList<string> Sections =
        ["mode", "sync_type", "extraction_params", "processing_rules", "refinement_config", "output_format", "export_config", "timeout_seconds", "annotation_timeout_seconds"];

    public static StartRequest Read(JsonObjectReader json)
    {
        var source = json.RequiredId("source_id");
        Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
        foreach (var section in Sections)
        {
            if (json.Raw(section) is { } value) members[section] = value;
        }

        return new StartRequest(source, members);
    }
}
