using System.Reflection;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Platform.Http.Requests;

/// <summary>
/// What an endpoint reads from its body. <see cref="Read"/> names each member once; the same code refuses what is wrong and describes the body in the
/// OpenAPI document. After a fault it is given defaults (empty text, least number), so it must not rely on a member being right.
/// </summary>
internal interface IRequestBody<out T>
{
    static abstract T Read(JsonObjectReader json);
}

/// <summary>The body as a parameter of a handler: <c>(Body&lt;StartRequest&gt; body)</c>.</summary>
internal sealed record Body<T>(T Value) : IEndpointParameterMetadataProvider
    where T : IRequestBody<T>
{
    public static async ValueTask<Body<T>> BindAsync(HttpContext context) => new((await StrictJson.ReadAsync<T>(context))!);

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new BodyShape(typeof(T), JsonObjectReader.Describe(T.Read), StrictJson.Check<T>));
}
