using System.Reflection;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Platform.Http.Requests;

/// <summary>What an endpoint reads from its query string. <see cref="Read"/> is also run without a request, to describe it in the OpenAPI document.</summary>
internal interface IRequestQuery<out T>
{
    static abstract T Read(QueryReader query);
}

/// <summary>The query string as a parameter of a handler: <c>(Query&lt;JobFilter&gt; query)</c>.</summary>
internal sealed record Query<T>(T Value) : IEndpointParameterMetadataProvider
    where T : IRequestQuery<T>
{
    public static ValueTask<Query<T>> BindAsync(HttpContext context)
    {
        var reader = new QueryReader(context);
        var value = T.Read(reader);
        reader.Done();
        return ValueTask.FromResult(new Query<T>(value));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        var shape = new ObjectShape();
        T.Read(new QueryReader(null, shape));
        builder.Metadata.Add(new QueryShape(shape));
    }
}
