using DataSync.Pipeline.Connectors;
using DataSync.Platform.Http.Errors;
using DataSync.Platform.Localization;

namespace DataSync.Refine.LabelStudio.Projects;

/// <summary>The diagnostics of the way to a project.</summary>
/// <param name="ProjectId">Its number.</param>
/// <param name="Server"><c>own</c> or <c>operator</c>.</param>
/// <param name="Passed">Whether all checks held.</param>
/// <param name="Checks">The checks.</param>
internal sealed record ProjectTestAnswer(long ProjectId, string Server, bool Passed, IReadOnlyList<ProjectCheckAnswer> Checks)
{
    public static ProjectTestAnswer Of(LabelStudioProject project, IReadOnlyList<ConnectionCheck> checks, ErrorCatalogue catalogue, Messages messages, string language) => new(
        project.ProjectId, project.BaseUrl is null ? "operator" : "own", checks.All(c => c.Passed == true), [.. checks.Select(c => ProjectCheckAnswer.Of(c, catalogue, messages, language))]);
}

/// <summary>One check: <c>passed</c>, <c>failed</c>, or <c>skipped</c> where an earlier one had to pass first.</summary>
internal sealed record ProjectCheckAnswer(
    string Name, string Outcome, double Milliseconds, string? ErrorCode, string? MessageKey, string? Message, IReadOnlyDictionary<string, object?> Details)
{
    private static readonly Dictionary<string, object?> Nothing = new(StringComparer.Ordinal);

    public static ProjectCheckAnswer Of(ConnectionCheck check, ErrorCatalogue catalogue, Messages messages, string language) => new(
        check.Name, check.Outcome, check.Milliseconds,
        check.MessageKey is { } key ? catalogue.Find(key)?.Code : null, check.MessageKey,
        check.MessageKey is { } said ? messages.Format(said, language, check.Params) : null, check.Params ?? Nothing);
}
