namespace DataSync.Dev.Checks;

/// <summary><c>./dev lint</c>: formatting, style, the language files and the API document. The analysers have run in the build that came before.</summary>
sealed class LintRun(Checkout checkout)
{
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var formatted = true;
        foreach (var part in new[] { "whitespace", "style" })
        {
            Console.WriteLine($"dotnet format {part}");
            formatted &= await Programs.RunAsync(
                Programs.Dotnet, ["format", part, "DataSync.sln", "--verify-no-changes", "--no-restore"], checkout.Root, new Dictionary<string, string>(), ct) == 0;
        }
        var languages = await new TestRun(checkout).RunProjectsAsync(["DataSync.Tests"], "DataSync.Tests.Platform.Localization.*", ct);
        var document = await new TestRun(checkout).RunProjectsAsync(["DataSync.Tests"], "DataSync.Tests.Platform.Http.OpenApiLintTests.*", ct);
        Console.WriteLine($"Formatting: {(formatted ? "good" : "not good, see above; dotnet format mends it")}. Language files: {languages}. API document: {document}.");
        return formatted && languages.IsGood && document.Failed == 0 ? 0 : 1;
    }
}
