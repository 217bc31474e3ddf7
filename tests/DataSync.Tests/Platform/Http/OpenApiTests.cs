using System.Text;
using System.Text.Json;
using DataSync.Platform.Http.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Tests.Platform.Http;

public sealed class OpenApiTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Document_describes_every_operation_with_an_example()
    {
        var document = await DocumentAsync();
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Where(o => o.Name is "get" or "post" or "put" or "delete")).ToArray();

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(operations.Length >= 8);
        Assert.All(operations.Where(o => o.Value.TryGetProperty("tags", out _)), operation =>
        {
            Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("summary").GetString()));
            Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("description").GetString()));
            if (operation.Value.TryGetProperty("requestBody", out var body))
                Assert.Equal(JsonValueKind.Object, body.GetProperty("content").GetProperty("application/json").GetProperty("example").ValueKind);
        });
    }

    [Fact]
    public async Task Operation_tells_its_body_scope_key_and_refusals()
    {
        var post = (await DocumentAsync()).GetProperty("paths").GetProperty("/api/samples").GetProperty("post");
        var schema = post.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");

        Assert.Equal(["connection_params", "source_id"], schema.GetProperty("required").EnumerateArray().Select(r => r.GetString()).Order(StringComparer.Ordinal));
        Assert.Equal("255", schema.GetProperty("properties").GetProperty("source_id").GetProperty("maxLength").GetRawText());
        Assert.Equal(["database", "http_api"], schema.GetProperty("properties").GetProperty("kind").GetProperty("enum").EnumerateArray().Select(r => r.GetString()));
        Assert.Equal("string", schema.GetProperty("properties").GetProperty("connection_params").GetProperty("properties").GetProperty("host").GetProperty("type").GetString());
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        Assert.Contains("`sync.write`", post.GetProperty("description").GetString()!, StringComparison.Ordinal);
        Assert.True(post.GetProperty("security")[0].TryGetProperty("bearer", out _));
        Assert.Contains("Idempotency-Key", post.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        Assert.Equal(["201", "400", "401", "403", "409", "413", "415", "421", "422", "429", "500", "503", "default"], post.GetProperty("responses").EnumerateObject().Select(r => r.Name).Order(StringComparer.Ordinal));
        Assert.Equal("#/components/schemas/Problem", post.GetProperty("responses").GetProperty("422").GetProperty("content").GetProperty("application/problem+json").GetProperty("schema").GetProperty("$ref").GetString());
    }

    [Fact]
    public async Task Parameters_of_path_and_query_are_described()
    {
        var paths = (await DocumentAsync()).GetProperty("paths");
        var path = paths.GetProperty("/api/samples/{sample_id}").GetProperty("get").GetProperty("parameters");
        var query = paths.GetProperty("/api/samples").GetProperty("get").GetProperty("parameters");

        Assert.Equal(("sample_id", "path"), (path[0].GetProperty("name").GetString(), path[0].GetProperty("in").GetString()));
        Assert.Equal(["status", "page_size", "cursor"], query.EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        Assert.Equal("1000", query[1].GetProperty("schema").GetProperty("maximum").GetRawText());
    }

    [Fact]
    public async Task Bearer_scheme_makes_the_authorise_button_work()
    {
        var scheme = (await DocumentAsync()).GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer");

        Assert.Equal(("http", "bearer"), (scheme.GetProperty("type").GetString(), scheme.GetProperty("scheme").GetString()));
    }

    [Fact]
    public void Every_example_of_a_body_passes_its_own_reader()
    {
        var examples = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(e => (Api: e.Metadata.GetMetadata<ApiDescription>(), Body: e.Metadata.GetMetadata<BodyShape>())).Where(e => e.Body is not null).ToArray();

        Assert.NotEmpty(examples);
        Assert.All(examples, e => Assert.False(e.Body!.Check(Encoding.UTF8.GetBytes(e.Api!.Request!.ToJsonString())).Any));
    }

    [Fact]
    public async Task Page_and_all_its_files_come_from_here()
    {
        var page = await host.GetAsync("/swagger/index.html");

        Assert.Equal(200, page.Status);
        foreach (var file in new[] { "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css", "index.js" })
            Assert.Equal(200, (await host.GetAsync($"/swagger/{file}")).Status);
        Assert.DoesNotContain("https://", page.Text, StringComparison.Ordinal);
        Assert.Contains("/swagger/v1/swagger.json", (await host.GetAsync("/swagger/index.js")).Text, StringComparison.Ordinal);
    }

    private async Task<JsonElement> DocumentAsync()
    {
        var answer = await host.GetAsync("/swagger/v1/swagger.json");
        Assert.Equal(200, answer.Status);
        return answer.Json;
    }
}
