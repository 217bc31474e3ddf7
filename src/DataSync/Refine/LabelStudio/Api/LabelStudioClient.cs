using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>
/// The endpoints of Label Studio that are used, each asked once: who calls decides what is asked again. What wipes a project is not among them, and nothing is deleted
/// but single tasks that are ours.
/// </summary>
internal sealed class LabelStudioClient(LabelStudioPools pools, LabelStudioTokens tokens)
{
    /// <summary>What is there. Asked without a key (<paramref name="isAnonymous"/>), a server that is none is told from a key that is none.</summary>
    public async Task<(string? Edition, string? Release)> VersionAsync(LabelStudioServer server, bool isAnonymous, CancellationToken ct)
    {
        var version = ObjectOf(await SendAsync(server, HttpMethod.Get, "api/version/", default, ct, isAnonymous: isAnonymous));
        return (Text(version, "edition"), Text(version, "release"));
    }

    /// <summary>Whom the key belongs to: an address or a name, else a number; null where the server does not say.</summary>
    public async Task<string?> WhoAmIAsync(LabelStudioServer server, CancellationToken ct)
    {
        var user = ObjectOf(await GetAsync(server, "api/current-user/whoami", ct));
        return Text(user, "email") ?? Text(user, "username") ?? (user.TryGetProperty("id", out var id) && id.TryInteger(out var number) ? number.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>A project's title; null where it has none. Fails where the key does not see the project.</summary>
    public async Task<string?> TitleAsync(LabelStudioServer server, long project, CancellationToken ct)
        => Text(ObjectOf(await GetAsync(server, string.Create(CultureInfo.InvariantCulture, $"api/projects/{project}/"), ct)), "title");

    /// <summary>Sends tasks. Not safe to repeat: the server has no key for that. 400 fails permanently with <see cref="LabelStudioErrors.Refused"/>.</summary>
    public async Task<ImportAnswer> ImportAsync(LabelStudioServer server, long project, ReadOnlyMemory<byte> tasks, CancellationToken ct)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"api/projects/{project}/import?return_task_ids=true&commit_to_project=true");
        var answer = await SendAsync(server, HttpMethod.Post, path, tasks, ct);
        return ImportAnswer.Read(answer);
    }

    /// <summary>How an import in the background stands.</summary>
    public async Task<ImportState> ImportStateAsync(LabelStudioServer server, long project, long import, CancellationToken ct)
        => ImportState.Read(await GetAsync(server, string.Create(CultureInfo.InvariantCulture, $"api/projects/{project}/imports/{import}/"), ct));

    /// <summary>All tasks that a query finds, page by page.</summary>
    /// <param name="server">Whose.</param>
    /// <param name="query">Which.</param>
    /// <param name="most">How many there can be, for a server that does not tell; null where nobody knows.</param>
    /// <param name="ct">Ends the reading.</param>
    public async IAsyncEnumerable<TaskReading> TasksAsync(LabelStudioServer server, TaskQuery query, long? most, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var page in PagesAsync(server, query, most, ct))
        {
            foreach (var task in page.Tasks) yield return task;
        }
    }

    /// <summary>The same as the pages come, without an empty one at the end.</summary>
    public async IAsyncEnumerable<TaskPage> PagesAsync(LabelStudioServer server, TaskQuery query, long? most, [EnumeratorCancellation] CancellationToken ct)
    {
        var seen = 0L;
        for (var page = 1; ; page++)
        {
            var read = await ListAsync(server, query, page, ct);
            if (read.Tasks.Count == 0) yield break;
            yield return read;
            seen += read.Tasks.Count;
            if (seen >= (read.Total ?? most)) yield break;
        }
    }

    /// <summary>A page of tasks; empty behind the last one, which some servers answer with 404.</summary>
    public async Task<TaskPage> ListAsync(LabelStudioServer server, TaskQuery query, int page, CancellationToken ct)
    {
        var answer = await SendAsync(server, HttpMethod.Get, query.Path(page), default, ct, mayBeMissing: page > 1);
        return answer.Status == HttpStatusCode.NotFound ? TaskPage.Empty : TaskPage.Read(answer, query.HasContent);
    }

    /// <summary>One task, with what it shows where <paramref name="hasContent"/> asks for that; null where there is none.</summary>
    public async Task<TaskReading?> FindAsync(LabelStudioServer server, long task, CancellationToken ct, bool hasContent = false)
    {
        var answer = await SendAsync(server, HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"api/tasks/{task}/?resolve_uri=false"), default, ct, mayBeMissing: true);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        return TaskReading.Read(answer.Json(), hasContent) ?? throw LabelStudioErrors.Body(answer.Url);
    }

    /// <summary>Removes one task, of which the caller knows that it is ours; nothing to do where it is gone.</summary>
    public Task DeleteAsync(LabelStudioServer server, long task, CancellationToken ct)
        => SendAsync(server, HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"api/tasks/{task}/"), default, ct, mayBeMissing: true);

    private static JsonElement ObjectOf(LabelStudioAnswer answer) => answer.Json() is { ValueKind: JsonValueKind.Object } json ? json : throw LabelStudioErrors.Body(answer.Url);

    private static string? Text(JsonElement json, string member) => json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private Task<LabelStudioAnswer> GetAsync(LabelStudioServer server, string path, CancellationToken ct) => SendAsync(server, HttpMethod.Get, path, default, ct);

    private async Task<LabelStudioAnswer> SendAsync(LabelStudioServer server, HttpMethod method, string path, ReadOnlyMemory<byte> body, CancellationToken ct, bool mayBeMissing = false, bool isAnonymous = false)
    {
        string? refused = null;
        while (true)
        {
            var header = isAnonymous ? null : await tokens.HeaderAsync(server, refused, ct);
            using var request = new HttpRequestMessage(method, server.At(path)) { Headers = { Authorization = header } };
            request.Headers.Accept.ParseAdd("application/json");
            request.Headers.UserAgent.ParseAdd("DataSync");
            if (!body.IsEmpty) request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            var answer = await pools.SendAsync(request, ct);
            if (answer.IsSuccess || (mayBeMissing && answer.Status == HttpStatusCode.NotFound)) return answer;

            // the token may have been withdrawn before its time; a second one that is refused too is the key's fault
            if (answer.Status != HttpStatusCode.Unauthorized || header is null || refused is not null || !LabelStudioTokens.CanRenew(server)) throw answer.Failure();
            refused = header.Parameter;
        }
    }
}
