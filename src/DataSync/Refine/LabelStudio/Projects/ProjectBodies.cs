using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Paging;
using DataSync.Platform.Http.Requests;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>Body of <c>PUT /api/label-studio/projects/{project_id}</c>. Holds a secret: nothing prints it.</summary>
internal sealed class OwnServerBody(string baseUrl, string apiKey) : IRequestBody<OwnServerBody>
{
    public string BaseUrl { get; } = baseUrl;

    public string ApiKey { get; } = apiKey;

    public static OwnServerBody Read(JsonObjectReader json) => new(json.RequiredString("base_url", 2048), json.RequiredString("api_key", 8192));
}

/// <summary>A project as it is shown.</summary>
internal sealed record ProjectAnswer(long ProjectId, string Server, string? BaseUrl, string? ApiKey, bool HasHook, int Version, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ProjectAnswer Of(LabelStudioProject project) => new(
        project.ProjectId, project.BaseUrl is null ? "operator" : "own", project.BaseUrl, project.ApiKey is null ? null : ProjectStore.Mask, project.HookDigest is not null,
        project.Version, project.CreatedBy, project.CreatedAt, project.UpdatedAt);
}

/// <summary>A new secret of a webhook, told this once.</summary>
/// <param name="Path">Where Label Studio is to post, below this server's address.</param>
/// <param name="Header">The header that carries the secret.</param>
/// <param name="Secret">The secret.</param>
internal sealed record HookAnswer(string Path, string Header, string Secret);

/// <summary>Query of <c>GET /api/label-studio/projects</c>.</summary>
internal sealed record ProjectListQuery(PageRequest Page) : IRequestQuery<ProjectListQuery>
{
    public static ProjectListQuery Read(QueryReader query) => new(query.Page("label_studio_projects"));
}
