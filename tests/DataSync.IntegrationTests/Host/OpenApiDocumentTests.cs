using System.Text.Json;
using DataSync.Tests;

namespace DataSync.IntegrationTests.Host;

/// <summary>The OpenAPI document that a whole process serves.</summary>
public sealed class OpenApiDocumentTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_describes_every_parameter()
    {
        var undescribed =
            from path in (await DocumentAsync()).GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Value.ValueKind == JsonValueKind.Object && operation.Value.TryGetProperty("parameters", out _)
            from parameter in operation.Value.GetProperty("parameters").EnumerateArray()
            where !parameter.TryGetProperty("description", out var text) || string.IsNullOrWhiteSpace(text.GetString())
            select $"{operation.Name} {path.Name}: {parameter.GetProperty("name").GetString()}";
        Assert.Empty(undescribed);
    }

    [Fact]
    public async Task Document_in_docs_is_the_one_that_is_served()
    {
        var file = Path.Combine(Repository.Root, "docs", "openapi.json");
        var served = JsonSerializer.Serialize(await DocumentAsync(), Written) + "\n";
        if (Environment.GetEnvironmentVariable("DATASYNC_UPDATE_DOCS") == "1") await File.WriteAllTextAsync(file, served, Ct);
        Assert.True(File.Exists(file) && await File.ReadAllTextAsync(file, Ct) == served, "docs/openapi.json is out of date: run this test with DATASYNC_UPDATE_DOCS=1.");
    }

    private async Task<JsonElement> DocumentAsync()
    {
        using var client = system.Client("reader");
        return await client.GetJsonAsync("swagger/v1/swagger.json", Ct);
    }
}
