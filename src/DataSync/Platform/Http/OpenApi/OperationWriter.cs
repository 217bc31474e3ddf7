using System.Globalization;
using System.Text.Json.Nodes;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.Idempotency;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>Describes one operation from what its endpoint carries: texts and examples, the shapes its readers tell, its scope, its key.</summary>
internal static class OperationWriter
{
    public static void Write(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<ApiDescription>().LastOrDefault() is not { } api) return;
        var scope = metadata.OfType<AuthorizationPolicy>().SelectMany(p => p.Requirements).OfType<ScopeRequirement>().FirstOrDefault()?.Scope;
        var body = metadata.OfType<BodyShape>().LastOrDefault();
        var made = operation.Responses;
        operation.OperationId ??= OperationName.Of(context.Description.HttpMethod ?? "", context.Description.RelativePath ?? "");
        operation.Summary = api.Summary;
        operation.Description = scope is null ? api.Description : $"{api.Description}\n\nScope: `{scope}`";
        operation.Security = scope is null
            ? []
            :
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentHead.Bearer, context.Document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentHead.ApiKey, context.Document)] = [] },
            ];
        operation.Parameters ??= [];
        foreach (var parameter in Parameters(metadata))
        {
            if (operation.Parameters.FirstOrDefault(p => p.Name == parameter.Name) is not { } known) operation.Parameters.Add(parameter);
            else known.Description ??= parameter.Description;
        }

        if (body is not null) operation.RequestBody = RequestBody(body, api.Request);
        operation.Responses = new OpenApiResponses { [Text(api.Status)] = Answer(api, metadata, made) };
        foreach (var other in metadata.OfType<OtherAnswer>())
        {
            var type = other.Response is null ? api.ResponseType : "application/json";
            operation.Responses[Text(other.Status)] = Answer(new ApiDescription(other.Summary, "", null, other.Response, other.Status, type), metadata, made);
        }

        foreach (var (status, text) in metadata.OfType<OwnRefusals>().LastOrDefault()?.All ?? Refusals(operation, scope, body, metadata)) operation.Responses[Text(status)] = Refusal(text, context.Document!);
        foreach (var (status, text) in metadata.OfType<OneMoreRefusal>()) operation.Responses[Text(status)] = Refusal(text, context.Document!);
        operation.Responses["default"] = Refusal("Whatever else goes wrong, such as a source that does not answer, is told in the same way.", context.Document!);
    }

    private static IEnumerable<OpenApiParameter> Parameters(IList<object> metadata)
    {
        foreach (var segment in metadata.OfType<PathParameterShape>())
            yield return Parameter(segment.Name, ParameterLocation.Path, true, JsonSchemas.Text(1, 255), segment.Description);
        foreach (var member in metadata.OfType<QueryShape>().SelectMany(q => q.Shape.Members))
            yield return Parameter(member.Name, ParameterLocation.Query, member.Required, member.Schema(), member.About);
        foreach (var header in metadata.OfType<HeaderShape>()) yield return Parameter(header.Name, ParameterLocation.Header, false, JsonSchemas.Text(1, 1024), header.Description);
        if (metadata.OfType<IdempotencyMetadata>().Any())
            yield return Parameter(
                IdempotencyHeader.Name, ParameterLocation.Header, false, JsonSchemas.Text(1, 255),
                "Makes this request safe to repeat for 24 hours: the first answer is given again, with `Idempotency-Replayed: true`.");
    }

    private static OpenApiParameter Parameter(string name, ParameterLocation location, bool required, JsonObject schema, string? description)
        => new() { Name = name, In = location, Required = required, Schema = SchemaWriter.From(schema), Description = description };

    private static OpenApiRequestBody RequestBody(BodyShape body, JsonNode? example) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            ["application/json"] = new() { Schema = SchemaWriter.From(body.Shape.ToSchema()), Example = example?.DeepClone() },
        },
    };

    private static OpenApiResponse Answer(ApiDescription api, IList<object> metadata, OpenApiResponses? made)
    {
        var response = new OpenApiResponse { Description = api.Summary };
        if (api.Response is not null)
            response.Content = Content(api.ResponseType, new OpenApiMediaType { Schema = AnswerSchemas.Find(made, Text(api.Status)) ?? SchemaWriter.From(JsonSchemas.Like(api.Response)), Example = api.Response.DeepClone() });
        else if (api.ResponseType != "application/json" && api.Status is not (304 or 204))
            response.Content = Content(api.ResponseType, new OpenApiMediaType { Schema = SchemaWriter.From(api.ResponseType == "*/*" ? [] : JsonSchemas.Of("string")) });
        response.Headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal)
        {
            ["X-Correlation-Id"] = new OpenApiHeader { Description = "The W3C trace id of this request.", Schema = SchemaWriter.From(JsonSchemas.Of("string")) },
        };
        if (metadata.OfType<IdempotencyMetadata>().Any())
            response.Headers["Idempotency-Replayed"] = new OpenApiHeader { Description = "`true` if this answer was given before.", Schema = SchemaWriter.From(JsonSchemas.Of("string")) };
        return response;
    }

    private static IEnumerable<(int Status, string Text)> Refusals(OpenApiOperation operation, string? scope, BodyShape? body, IList<object> metadata)
    {
        var keyed = metadata.OfType<IdempotencyMetadata>().Any();
        if (body is not null) yield return (400, "The body is not JSON in UTF-8.");
        if (scope is not null)
        {
            yield return (401, "The token is missing or not valid.");
            yield return (403, "The token lacks the scope, or the body names another tenant.");
        }

        if (operation.Parameters!.Any(p => p.In == ParameterLocation.Path)) yield return (404, "There is no such thing, or it is another tenant's.");
        if (keyed) yield return (409, "The same request is being worked on; see `Retry-After`.");
        if (body is not null)
        {
            yield return (413, "The body is too large.");
            yield return (415, "The body's type is not `application/json`.");
        }

        if (scope is not null) yield return (421, "The tenant is stored in another region; `Location` and `message_params` say where.");
        if (body is not null || keyed || operation.Parameters!.Count > 0) yield return (422, "The request is understood and wrong; all its faults are named.");
        if (scope is not null) yield return (429, "Too many requests of this tenant; see `Retry-After`.");
        else
        {
            yield return (429, "Too many requests of this address, or of all that show no token; see `Retry-After`.");
            yield return (431, "The request's headers are larger than the server takes.");
        }

        yield return (500, "A mistake on our side.");
        if (scope is not null) yield return (503, "Not now: our database cannot be reached, or this process ends; see `Retry-After`.");
    }

    private static OpenApiResponse Refusal(string text, OpenApiDocument document) => new()
    {
        Description = text,
        Content = Content("application/problem+json", new OpenApiMediaType { Schema = new OpenApiSchemaReference(DocumentHead.ProblemSchema, document) }),
    };

    private static Dictionary<string, OpenApiMediaType> Content(string type, OpenApiMediaType media) => new(StringComparer.Ordinal) { [type] = media };

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
