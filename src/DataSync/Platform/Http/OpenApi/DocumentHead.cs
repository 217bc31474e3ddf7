using System.Text.Json.Nodes;
using DataSync.Platform.Authentication;
using DataSync.Platform.Authentication.ApiKeys;
using Microsoft.OpenApi;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>What the document says of the API as a whole.</summary>
internal static class DocumentHead
{
    public const string Bearer = "bearer";
    public const string ApiKey = "api_key";
    public const string ProblemSchema = "Problem";

    /// <summary>Writes title, server, headings, the way to sign in, and the problem that every refusal is.</summary>
    /// <param name="document">The document.</param>
    /// <param name="tags">What the headings gather, as the endpoints say.</param>
    public static void Write(OpenApiDocument document, IEnumerable<ApiTagAttribute> tags)
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
            License = new OpenApiLicense { Name = "All rights reserved", Identifier = "LicenseRef-All-Rights-Reserved" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The server that gave this document." }];
        foreach (var tag in tags)
        {
            if (document.Tags?.FirstOrDefault(t => t.Name == tag.Name) is { } known) known.Description ??= tag.About;
        }

        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = $"An access token (`typ: at+jwt`) with `tenant_id` and a space-separated `scope` of {string.Join(", ", ApiScope.All.Select(s => $"`{s}`"))}.",
        };
        document.Components.SecuritySchemes[ApiKey] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = ApiKeyHandler.HeaderName,
            Description = $"A machine's key (`{ApiKeyText.Prefix}…`) in place of a token; `Authorization: Bearer` takes it too.",
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        NullableMembers.Widen(document.Components.Schemas);
        document.Components.Schemas[ProblemSchema] = SchemaWriter.From(ProblemShape());
    }

    /// <summary>Every member is always there; the tenant is null where nobody has shown a token.</summary>
    private static JsonObject ProblemShape()
    {
        var schema = JsonSchemas.Like(Problem);
        var members = schema["properties"]!.AsObject();
        schema["required"] = new JsonArray([.. members.Select(m => JsonValue.Create(m.Key))]);
        members["tenant_id"]!["type"] = new JsonArray("string", "null");
        return schema;
    }

    private static JsonNode? Problem => JsonNode.Parse("""
        {"type":"/errors/SYNC_100","title":"…","status":422,"detail":"…","error_code":"SYNC_100","error_type":"ValidationError",
         "message_key":"errors.request.invalid","message":"…","message_params":{},"details":{},
         "errors":[{"path":"/source_id","message_key":"faults.required","message":"…","message_params":{}}],
         "correlation_id":"0af7651916cd43dd8448eb211c80319c","timestamp":"2026-01-31T08:00:00Z","tenant_id":"demo"}
        """);
}
