namespace DataSync.Tests.Platform.Http;

/// <summary><c>docs/openapi.json</c> by the word of a strict linter; its rules are in <c>redocly.yaml</c>. That the document is the one that is served, another test shows.</summary>
public sealed class OpenApiLintTests
{
    private static readonly NpmFolder Redocly = new("redocly", "tests/DataSync.Tests/Platform/Http/Redocly");

    private static readonly Dictionary<string, string> Quiet = new(StringComparer.Ordinal)
    {
        ["REDOCLY_TELEMETRY"] = "off",
        ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true",
        ["NO_COLOR"] = "1",
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_is_without_fault()
    {
        var (code, said) = await LintAsync(Path.Combine(Repository.Root, "docs", "openapi.json"));
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Linter_finds_what_is_wrong()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "openapi.json"), Ct);
        foreach (var (right, wrong) in ((string, string)[])
            [
                ("\"operationId\": \"getSource\"", "\"operationId\": \"getSources\""), ("\"description\": \"What a problem's code means.\"", "\"x-nothing\": \"\""), ("\"error_count\": 2,", "\"error_count\": \"2\","),
            ])
        {
            Assert.Contains(right, text, StringComparison.Ordinal);
            text = text.Replace(right, wrong, StringComparison.Ordinal);
        }

        var file = Path.Combine(Directory.CreateTempSubdirectory("datasync-lint-").FullName, "openapi.json");
        await File.WriteAllTextAsync(file, text, Ct);
        var (code, said) = await LintAsync(file);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        Assert.NotEqual(0, code);
        Assert.All((string[])["operation-operationId-unique", "tag-description", "no-invalid-media-type-examples"], rule => Assert.Contains(rule, said, StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Said)> LintAsync(string document)
    {
        await Redocly.InstallAsync(Ct);
        return await Redocly.NodeAsync(
            ["node_modules/@redocly/cli/bin/cli.js", "lint", document, "--config", Path.Combine(Repository.Root, "redocly.yaml"), "--lint-config", "error", "--format", "summary", "--max-problems", "20"], Quiet, Ct);
    }
}
