using System.Globalization;
using System.Reflection;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>A project's number in the path, as <c>{project_id}</c>. Text that is no number names no project: it is absent, not malformed, and 0 is no project's.</summary>
internal readonly record struct ProjectNumber(long Value) : IEndpointParameterMetadataProvider
{
    public static ValueTask<ProjectNumber> BindAsync(HttpContext context) => ValueTask.FromResult(Read(context));

    public static ProjectNumber Read(HttpContext context)
        => new(long.TryParse(context.Request.RouteValues["project_id"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new PathParameterShape("project_id", "The project's number at its Label Studio."));
}
