using System.Globalization;
using System.Text.Json.Nodes;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>What a Label Studio's answers look like.</summary>
internal static class FakeShapes
{
    public static JsonObject Version(bool enterprise) => new()
    {
        ["release"] = "1.20.0",
        ["edition"] = enterprise ? "Enterprise" : "Community",
        ["lsf"] = new JsonObject(),
        ["dm2"] = new JsonObject(),
        ["backend"] = new JsonObject(),
        ["label-studio-converter"] = new JsonObject(),
        ["label-studio-frontend"] = new JsonObject(),
        ["label-studio-os-backend"] = new JsonObject(),
        ["label-studio-os-package"] = new JsonObject(),
    };

    /// <summary>As a server says it: the count of predictions without the s of the description, formats as an object, and tasks' ids that it does not mention.</summary>
    public static JsonObject Imported(IReadOnlyList<long> ids, int count, bool fills) => new()
    {
        ["task_count"] = count,
        ["annotation_count"] = 0,
        ["prediction_count"] = 0,
        ["duration"] = 0.1,
        ["file_upload_ids"] = new JsonArray(),
        ["could_be_tasks_list"] = false,
        ["found_formats"] = fills ? new JsonArray() : new JsonObject { [".json"] = 1 },
        ["data_columns"] = new JsonArray(),
        ["task_ids"] = new JsonArray([.. ids.Select(i => JsonValue.Create(i))]),
    };

    public static JsonObject Project(long id) => new() { ["id"] = id, ["title"] = $"Project {id}", ["task_number"] = 0 };

    public static JsonObject Import(long id, FakeImport import) => new()
    {
        ["id"] = id,
        ["project"] = import.Project,
        ["status"] = import.Status,
        ["error"] = import.Error,
        ["created_at"] = Time(DateTimeOffset.UtcNow),
        ["updated_at"] = Time(DateTimeOffset.UtcNow),
        ["task_ids"] = new JsonArray([.. import.Ids.Select(i => JsonValue.Create(i))]),
    };

    /// <summary>A task of a list: without annotations unless all is asked for, or with those members alone that are asked for.</summary>
    public static JsonObject Listed(FakeTask task, FakeProject project, bool all, bool resolves, HashSet<string>? include, bool fills)
    {
        var whole = Task(task, project, annotatorIsObject: true);
        if (!all && !fills) whole.Remove("annotations");
        if (!all && fills) whole["annotations"] = new JsonArray();
        if (resolves) whole["data"]!.AsObject()["signed"] = "https://storage.example/?X-Amz-Signature=CANARY-SIGNED";
        if (include is null || fills) return whole;
        foreach (var name in whole.Select(m => m.Key).Where(n => !include.Contains(n)).ToList()) whole.Remove(name);
        return whole;
    }

    public static JsonObject Task(FakeTask task, FakeProject project, bool annotatorIsObject)
    {
        var skips = task.Annotations.Count(a => a.Skipped);
        var valid = task.Annotations.Count - skips;
        var json = new JsonObject
        {
            ["id"] = task.Id,
            ["project"] = task.Project,
            ["data"] = task.Data.DeepClone(),
            ["created_at"] = Time(task.CreatedAt),
            ["overlap"] = project.Overlap,
            ["is_labeled"] = (project.SkipQueue == "IGNORE_SKIPPED" ? valid + skips : valid) >= project.Overlap,
            ["total_annotations"] = valid,
            ["cancelled_annotations"] = skips,
            ["annotations"] = new JsonArray([.. task.Annotations.Select(a => Annotation(a, task.Id, annotatorIsObject))]),
            ["drafts"] = new JsonArray([.. Enumerable.Range(0, task.Drafts).Select(_ => new JsonObject { ["result"] = new JsonArray(), ["created_at"] = Time(task.CreatedAt) })]),
            ["annotations_results"] = "",
            ["comment_count"] = 0,
            ["comments"] = "",
            ["predictions"] = new JsonArray(),
            ["predictions_results"] = "",
            ["state"] = "CREATED",
            ["unresolved_comment_count"] = 0,
        };
        if (task.Meta is not null) json["meta"] = task.Meta.DeepClone();
        return json;
    }

    private static JsonObject Annotation(FakeAnnotation annotation, long task, bool annotatorIsObject) => new()
    {
        ["id"] = annotation.Id,
        ["task"] = task,
        ["result"] = annotation.Results.DeepClone(),
        ["was_cancelled"] = annotation.Skipped,
        ["ground_truth"] = annotation.GroundTruth,
        ["completed_by"] = annotatorIsObject ? new JsonObject { ["id"] = annotation.User, ["email"] = $"user{annotation.User}@example.com" } : annotation.User,
        ["lead_time"] = 1.5,
        ["created_at"] = Time(annotation.At),
        ["updated_at"] = Time(annotation.At),
        ["created_username"] = "",
        ["created_ago"] = "now",
        ["state"] = "SUBMITTED",
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
