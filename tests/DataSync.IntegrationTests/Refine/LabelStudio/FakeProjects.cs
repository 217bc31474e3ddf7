using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>The projects of a fake, their tasks, and what people do to them.</summary>
internal sealed partial class FakeProjects(bool enterprise)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, FakeTask> _tasks = [];
    private readonly Dictionary<long, FakeImport> _imports = [];
    private long _next = 1000;

    public bool IsEnterprise => enterprise;

    /// <summary>Settings of the projects there are.</summary>
    public ConcurrentDictionary<long, FakeProject> Projects { get; } = new([new(1, new FakeProject()), new(2, new FakeProject())]);

    /// <summary>How long an import in the background takes.</summary>
    public TimeSpan ImportTakes { get; set; } = TimeSpan.FromMilliseconds(30);

    /// <summary>Tasks on a page at most, whatever is asked for.</summary>
    public int LargestPage { get; set; } = 100;

    /// <summary>Somebody asked to wipe a project.</summary>
    public bool WasWiped { get; private set; }

    /// <summary>How many imports there were, taken or not.</summary>
    public int Imports { get; private set; }

    /// <summary>Tasks of a project, by their numbers.</summary>
    public IReadOnlyList<FakeTask> Tasks(long project)
    {
        lock (_gate) return [.. _tasks.Values.Where(t => t.Project == project)];
    }

    public FakeTask Task(long id)
    {
        lock (_gate) return _tasks[id];
    }

    public long Annotate(long task, int user, string results, bool groundTruth = false, bool skipped = false)
    {
        lock (_gate)
        {
            var id = ++_next;
            _tasks[task].Annotations.Add(new FakeAnnotation(id, user, JsonNode.Parse(results)!.AsArray(), groundTruth, skipped, DateTimeOffset.UtcNow));
            return id;
        }
    }

    public void Skip(long task, int user) => Annotate(task, user, "[]", skipped: true);

    public void Draft(long task)
    {
        lock (_gate) _tasks[task].Drafts++;
    }

    public void Delete(long task)
    {
        lock (_gate) _tasks.Remove(task);
    }

    /// <summary>Puts a stranger's task into a project.</summary>
    public long Add(long project, JsonNode data, JsonNode? meta = null)
    {
        lock (_gate) return AddOne(project, new JsonObject { ["data"] = data, ["meta"] = meta });
    }

    public FakeAnswer Answer(HttpRequest request, JsonNode? body, bool fills)
    {
        string[] path = [.. request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        lock (_gate)
        {
            return (request.Method, path) switch
            {
                ("POST", ["api", "projects", var p, "import"]) => Import(Number(p), body, request.Query["return_task_ids"] == "true", fills),
                ("GET", ["api", "current-user", "whoami"]) => FakeAnswer.Of(200, new JsonObject { ["id"] = 7, ["email"] = "labels@example.com", ["username"] = "labels" }),
                ("GET", ["api", "projects", var p]) => Projects.ContainsKey(Number(p)) ? FakeAnswer.Of(200, FakeShapes.Project(Number(p))) : FakeAnswer.Error(404, "Not found."),
                ("GET", ["api", "projects", var p, "imports", var i]) => _imports.TryGetValue(Number(i), out var import) && import.Project == Number(p) ? FakeAnswer.Of(200, FakeShapes.Import(Number(i), import)) : FakeAnswer.Error(404, "Not found."),
                ("GET", ["api", "tasks"]) => List(request.Query, fills),
                ("GET", ["api", "tasks", var t]) => _tasks.TryGetValue(Number(t), out var task) ? FakeAnswer.Of(200, FakeShapes.Task(task, Projects[task.Project], annotatorIsObject: false)) : FakeAnswer.Error(404, "Not found."),
                ("DELETE", ["api", "tasks", var t]) => FakeAnswer.Of(_tasks.Remove(Number(t)) ? 204 : 404, null),
                ("DELETE", ["api", "projects", _, "tasks"]) => Wipe(),
                _ => FakeAnswer.Error(404, "Not found."),
            };
        }
    }

    private FakeAnswer Wipe()
    {
        WasWiped = true;
        _tasks.Clear();
        return FakeAnswer.Of(204, null);
    }

    private FakeAnswer Import(long number, JsonNode? body, bool namesTasks, bool fills)
    {
        Imports++;
        if (!Projects.TryGetValue(number, out var project)) return FakeAnswer.Error(404, "Not found.");
        var tasks = body!.AsArray();
        if (tasks.Any(t => Unstorable(t!.ToJsonString()))) return FakeAnswer.Error(500, "Server Error (500)");
        var bad = project.Field is { } field && tasks.Any(t => t!["data"]?[field] is null);
        if (!enterprise)
        {
            // told with the data that did not fit, as real servers do
            if (bad) return FakeAnswer.Error(400, "Validation error", $"field missing in {tasks.ToJsonString()}");
            return FakeAnswer.Of(201, FakeShapes.Imported(AddAll(number, tasks, namesTasks), tasks.Count, fills));
        }

        var import = new FakeImport(number);
        _imports.Add(++_next, import);
        _ = Later();
        return FakeAnswer.Of(201, new JsonObject { ["import"] = _next });

        async Task Later()
        {
            await System.Threading.Tasks.Task.Delay(ImportTakes);
            lock (_gate)
            {
                if (bad) import.Error = "Validation error: CANARY-TRACE";
                else import.Ids = AddAll(number, tasks, namesTasks);
                import.Status = bad ? "failed" : "completed";
            }
        }
    }

    /// <summary>Makes tasks in another order than they came: nobody promised that one.</summary>
    private List<long> AddAll(long project, JsonArray tasks, bool named)
    {
        List<long> ids = [.. tasks.Reverse().Select(t => AddOne(project, t!))];
        return named ? ids : [];
    }

    private long AddOne(long project, JsonNode task)
    {
        _tasks.Add(++_next, new FakeTask(_next, project, task["data"]!.DeepClone(), task["meta"]?.DeepClone(), DateTimeOffset.UtcNow));
        return _next;
    }

    private FakeAnswer List(IQueryCollection query, bool fills)
    {
        var number = Number(query["project"].ToString());
        if (!Projects.TryGetValue(number, out var project)) return FakeAnswer.Error(404, "Not found.");
        var asked = query["query"].ToString() is { Length: > 0 } text ? JsonNode.Parse(text)!.AsObject() : [];
        var found = _tasks.Values.Where(t => t.Project == number);
        if (asked["selectedItems"]?["included"]?.AsArray().Select(i => i!.GetValue<long>()).ToHashSet() is { } ids) found = found.Where(t => ids.Contains(t.Id));
        if (asked["filters"]?["items"]?[0] is { } filter && filter["filter"]!.GetValue<string>() == "filter:tasks:created_at")
        {
            var since = DateTimeOffset.Parse(filter["value"]!.GetValue<string>(), CultureInfo.InvariantCulture);
            found = found.Where(t => t.CreatedAt > since);
        }

        List<FakeTask> all = [.. found];
        var size = Math.Min(LargestPage, query["page_size"].ToString() is { Length: > 0 } s ? (int)Number(s) : 100);
        var skip = size * ((query["page"].ToString() is { Length: > 0 } p ? (int)Number(p) : 1) - 1);
        if (skip > 0 && skip >= all.Count) return FakeAnswer.Error(404, "Invalid page.");
        HashSet<string>? include = query["include"].ToString() is { Length: > 0 } members ? [.. members.Split(',')] : null;
        var shown = all.Skip(skip).Take(size).Select(t => (JsonNode)FakeShapes.Listed(t, project, query["fields"] == "all", query["resolve_uri"] != "false", include, fills));
        return FakeAnswer.Of(200, new JsonObject
        {
            ["tasks"] = new JsonArray([.. shown]),
            ["total"] = all.Count,
            ["total_annotations"] = all.Sum(t => t.Annotations.Count),
            ["total_predictions"] = 0,
        });
    }

    /// <summary>PostgreSQL, which real servers store their data in, holds no such string; nobody says so beforehand.</summary>
    private static bool Unstorable(string json) => UnstorableEscape().IsMatch(json);

    [GeneratedRegex(@"(?<!\\)(\\\\)*\\u(0000|d800)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UnstorableEscape();

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>A project's settings.</summary>
internal sealed class FakeProject
{
    /// <summary>How many people are to annotate a task.</summary>
    public int Overlap { get; set; } = 1;

    /// <summary><c>REQUEUE_FOR_OTHERS</c>, <c>REQUEUE_FOR_ME</c> or <c>IGNORE_SKIPPED</c>.</summary>
    public string SkipQueue { get; set; } = "REQUEUE_FOR_OTHERS";

    /// <summary>A member that every task's data must have.</summary>
    public string? Field { get; set; }
}

internal sealed record FakeTask(long Id, long Project, JsonNode Data, JsonNode? Meta, DateTimeOffset CreatedAt)
{
    public List<FakeAnnotation> Annotations { get; } = [];

    public int Drafts { get; set; }
}

internal sealed record FakeAnnotation(long Id, int User, JsonArray Results, bool GroundTruth, bool Skipped, DateTimeOffset At);

internal sealed record FakeImport(long Project)
{
    public string Status { get; set; } = "created";

    public string? Error { get; set; }

    public List<long> Ids { get; set; } = [];
}
