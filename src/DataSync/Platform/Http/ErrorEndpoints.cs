using DataSync.Platform.Http.Errors;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Platform.Http;

/// <summary>An error as the catalogue knows it.</summary>
internal sealed record ErrorAnswer(string ErrorCode, string ErrorType, int Status, string MessageKey, string Message);

/// <summary>Makes a problem's <c>type</c> a link that works.</summary>
[ApiTag("Errors", "What a problem's code means.")]
internal static class ErrorEndpoints
{
    public static void MapErrors(this IEndpointRouteBuilder endpoints)
        => endpoints.MapGet("/errors/{code}", Describe).AllowAnonymous().WithTags("Errors").WithApi(
            "What an error code means",
            "The `type` of every problem points here. `message` is the text with its placeholders, in the language of `Accept-Language`.",
            response: """{"error_code":"SYNC_500","error_type":"ProcessingError","status":500,"message_key":"errors.internal","message":"…"}""")
            .WithMetadata(new PathParameterShape("code", "An error code, such as `SYNC_500`."));

    [Answers<ErrorAnswer>]
    private static IResult Describe(string code, HttpContext context, ErrorCatalogue catalogue, Messages messages)
        => catalogue.FindCode(code) is not { } error ? Problem.NotFound() : TypedResults.Ok(new ErrorAnswer(
            error.Code, error.Type, error.Status, error.Key, messages.Format(error.Key, RequestLanguage.Of(context))));
}
