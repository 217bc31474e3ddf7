using System.Text.Json.Nodes;
using DataSync.Platform.Authentication;
using Microsoft.OpenApi;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>What the document says of the API as a whole.</summary>
internal static class DocumentHead
{
    public const string Bearer = "bearer";
    public const string ProblemSchema = "Problem";

    public static void Write(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "DataSync API",
            Version = typeof(DocumentHead).Assembly.GetName().Version!.ToString(3),
            Description = """
                Registers a tenant's data sources, runs syncs, and hands out their files.

                Names are `snake_case`, text is UTF-8, times are RFC 3339 in UTC. Unknown members and query parameters are refused by name. Ids in a path are
                percent-encoded, or `~` and the base64url of their UTF-8. Lists page by `page_size` and `cursor` and answer `{items, next_cursor}`.
                Every failure is a problem (RFC 9457) in the caller's language (the token's `language`, else `Accept-Language`) and names all faults of the
                request at once. `X-Correlation-Id` is the W3C trace id of the request; an incoming `traceparent` is honoured.
                """,
        };
        document.Servers?.Clear();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = $"An access token (`typ: at+jwt`) with `tenant_id` and a space-separated `scope` of {string.Join(", ", ApiScope.All.Select(s => $"`{s}`"))}.",
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        document.Components.Schemas[ProblemSchema] = SchemaWriter.From(JsonSchemas.Like(Problem));
    }

    private static JsonNode? Problem => JsonNode.Parse("""
        {"type":"/errors/SYNC_100","title":"…","status":422,"detail":"…","error_code":"SYNC_100","error_type":"ValidationError",
         "message_key":"errors.request.invalid","message":"…","message_params":{},"details":{},
         "errors":[{"path":"/source_id","message_key":"faults.required","message":"…","message_params":{}}],
         "correlation_id":"0af7651916cd43dd8448eb211c80319c","timestamp":"2026-01-31T08:00:00Z","tenant_id":"demo"}
        """);
}
