using System.Reflection;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace DataSync.Jobs.Webhooks.Deliveries;

/// <summary>A delivery's id in the path, as <c>{delivery_id}</c>. Text that is no id names no delivery: it is absent, not malformed.</summary>
internal readonly record struct DeliveryId(Guid Value) : IEndpointParameterMetadataProvider
{
    public static ValueTask<DeliveryId> BindAsync(HttpContext context)
        => ValueTask.FromResult(new DeliveryId(Guid.TryParseExact(context.Request.RouteValues["delivery_id"] as string, "D", out var id) ? id : Guid.Empty));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
        => builder.Metadata.Add(new PathParameterShape("delivery_id", "The delivery's UUID."));
}
