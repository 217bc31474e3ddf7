using System.Reflection;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Platform.Http.Requests;

/// <summary>A job's id in the path, as <c>{job_id}</c>. Text that is no id names no job: it is absent, not malformed, and <see cref="Guid.Empty"/> is no job's id.</summary>
internal readonly record struct JobId(Guid Value) : IEndpointParameterMetadataProvider
{
    public static ValueTask<JobId> BindAsync(HttpContext context)
        => ValueTask.FromResult(new JobId(Guid.TryParseExact(context.Request.RouteValues["job_id"] as string, "D", out var id) ? id : Guid.Empty));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new PathParameterShape("job_id", "The job's UUID."));
}
