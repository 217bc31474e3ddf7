using DataSync.Export.Coco.Checking;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Authentication;
using DataSync.Platform.Http.OpenApi;
using DataSync.Platform.Http.Requests;
using DataSync.Platform.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataSync.Export.Coco;

/// <summary><c>POST /api/exports/validate</c>: checks any COCO file, whoever made it.</summary>
internal static class CocoEndpoint
{
    /// <summary>Bytes of the largest file; a larger one is checked by the command line.</summary>
    private const long LargestFile = 512L * 1024 * 1024;

    private const string Response = """
        {"valid":false,"errors":1,"warnings":0,"images":1,"annotations":1,"categories":1,
         "findings":[{"path":"$.annotations[0].bbox","severity":"error","code":"box_empty","message":"Width and height must be above zero."}],"has_more":false}
        """;

    public static void MapCoco(this IEndpointRouteBuilder endpoints)
        => endpoints.MapApiGroup("/api/exports", "Exports").MapPost("/validate", HandleAsync).RequireScope(ApiScope.SyncRead).NotAudited("Only what the request brings is worked on, and nothing is kept.").WithBodyLimit(LargestFile).WithApi(
            "Check a COCO file",
            "Checks a COCO file of objects (detection, segmentation, keypoints), wherever it comes from, and names everything that tools fail at, drop or read wrongly by its JSON path. The body is the file. The first 1000 findings are listed, all are counted. Nothing is stored.",
            request: """{"info":{},"licenses":[],"images":[{"id":1,"width":9,"height":9,"file_name":"a.png"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,0,2],"area":4,"iscrowd":0,"segmentation":[]}],"categories":[{"id":1,"name":"cat"}]}""",
            response: Response);

    [Answers<CocoAnswer>]
    private static async Task<IResult> HandleAsync(HttpRequest request, Caller caller, Messages messages, CancellationToken ct)
        => TypedResults.Ok(CocoAnswer.Of(await CocoCheck.RunAsync(request.Body, ct), messages, caller.Language));
}

/// <summary>What was found.</summary>
internal sealed record CocoAnswer(bool Valid, long Errors, long Warnings, long Images, long Annotations, long Categories, IReadOnlyList<CocoAnswerFinding> Findings, bool HasMore)
{
    public static CocoAnswer Of(CocoFindings found, Messages messages, string language) => new(
        found.Errors == 0, found.Errors, found.Warnings, found.Images, found.Annotations, found.Categories,
        [.. found.Kept.Select(f => new CocoAnswerFinding(f.Path, f.IsError ? "error" : "warning", f.MessageKey["coco.".Length..], messages.Format(f.MessageKey, language, f.AsFault().Params)))],
        found.Errors + found.Warnings > found.Kept.Count);
}

/// <summary>One finding, in the caller's language.</summary>
internal sealed record CocoAnswerFinding(string Path, string Severity, string Code, string Message);
