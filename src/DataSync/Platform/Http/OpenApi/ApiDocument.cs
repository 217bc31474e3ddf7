using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>The OpenAPI document and its page.</summary>
internal static class ApiDocument
{
    private const string Version = "v1";

    public static IServiceCollection AddApiDocument(this IServiceCollection services)
        => services.AddOpenApi(Version, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer((document, context, _) =>
            {
                DocumentHead.Write(document, ApiTagAttribute.Of(context.DescriptionGroups.SelectMany(g => g.Items).SelectMany(d => d.ActionDescriptor.EndpointMetadata)));
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer((schema, context, _) =>
            {
                NullableMembers.Mend(schema, context.JsonTypeInfo);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, context, _) =>
            {
                OperationWriter.Write(operation, context);
                return Task.CompletedTask;
            });
        });

    /// <summary>Swagger UI from files inside the package: works without a network. Only its own paths pass through it.</summary>
    public static void UseApiPage(this IApplicationBuilder app) => app.UseWhen(http => http.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase), page => page.UseSwaggerUI(options =>
    {
        options.RoutePrefix = "swagger";
        options.DocumentTitle = "DataSync API";
        options.SwaggerEndpoint($"/swagger/{Version}/swagger.json", "DataSync API");
        options.EnablePersistAuthorization();
        options.DefaultModelsExpandDepth(-1);
        options.DocExpansion(DocExpansion.List);
    }));

    public static void MapApiDocument(this IEndpointRouteBuilder endpoints)
        => endpoints.MapOpenApi("/swagger/{documentName}/swagger.json").AllowAnonymous();
}
