using System.Globalization;
using System.Text.Json.Nodes;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>
/// What of a project's tasks is listed. Addresses inside the data stay as they were sent (<c>resolve_uri=false</c>): resolved ones would be signed for whoever holds them.
/// </summary>
internal sealed class TaskQuery
{
    private readonly string _path;

    private TaskQuery(long project, JsonObject query, string fields, int pageSize, bool hasContent = false)
        => (_path, PageSize, HasContent) = (string.Create(CultureInfo.InvariantCulture, $"api/tasks/?project={project}&{fields}&resolve_uri=false&page_size={pageSize}&query={Uri.EscapeDataString(query.ToJsonString())}"), pageSize, hasContent);

    public int PageSize { get; }

    /// <summary>Whether what the tasks show and what was written on them is wanted, and kept with each.</summary>
    public bool HasContent { get; }

    /// <summary>Tasks by their ids, with annotations, skips and drafts.</summary>
    public static TaskQuery Selected(long project, IReadOnlyCollection<long> tasks) => new(project, Included(tasks), "fields=all", Math.Max(1, tasks.Count));

    /// <summary>The same, with what they show.</summary>
    public static TaskQuery ContentOf(long project, IReadOnlyCollection<long> tasks) => new(project, Included(tasks), "fields=all", Math.Max(1, tasks.Count), hasContent: true);

    /// <summary>The keys of tasks by their ids, and nothing more of them.</summary>
    public static TaskQuery KeysOf(long project, IReadOnlyCollection<long> tasks) => new(project, Included(tasks), "include=id,meta,total_annotations", Math.Max(1, tasks.Count));

    /// <summary>The keys of all tasks made since a time by the server's clock.</summary>
    public static TaskQuery KeysSince(long project, DateTimeOffset since, int pageSize = 100) => new(
        project,
        new JsonObject
        {
            ["filters"] = new JsonObject
            {
                ["conjunction"] = "and",
                ["items"] = new JsonArray(new JsonObject
                {
                    ["filter"] = "filter:tasks:created_at",
                    ["operator"] = "greater",
                    ["type"] = "Datetime",
                    ["value"] = since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
                }),
            },
        },
        "include=id,meta,total_annotations",
        pageSize);

    /// <summary>The path of a page, from 1.</summary>
    public string Path(int page) => string.Create(CultureInfo.InvariantCulture, $"{_path}&page={page}");

    private static JsonObject Included(IReadOnlyCollection<long> tasks)
        => new() { ["selectedItems"] = new JsonObject { ["all"] = false, ["included"] = new JsonArray([.. tasks.Select(t => JsonValue.Create(t))]) } };
}
