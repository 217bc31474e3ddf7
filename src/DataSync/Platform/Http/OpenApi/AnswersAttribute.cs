using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>On an endpoint's handler: the type it answers with. Without it, the answer's schema in the OpenAPI document is what the example shows.</summary>
/// <typeparam name="T">The type that is written as JSON.</typeparam>
/// <param name="status">The answer's status.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class AnswersAttribute<T>(int status = StatusCodes.Status200OK) : Attribute, IProducesResponseTypeMetadata
{
    public Type Type => typeof(T);

    public int StatusCode => status;

    public IEnumerable<string> ContentTypes => ["application/json"];
}
