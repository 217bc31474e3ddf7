using System.Net.Http.Headers;

namespace DataSync.Tests.Platform.Http;

public sealed class MalformedRequestTests(ApiHost host) : IClassFixture<ApiHost>
{
    private static readonly IReadOnlyList<MalformedRequest> All = MalformedRequests.For(SampleRequest.Valid, "source_id");

    public static TheoryData<string> Names => [.. All.Select(r => r.Name)];

    [Fact]
    public void List_has_enough_cases_with_names_of_their_own()
    {
        Assert.True(All.Count >= 40, $"{All.Count}");
        Assert.Equal(All.Count, All.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Malformed_request_is_a_problem_that_names_every_fault(string name)
    {
        var request = All.Single(r => r.Name == name);
        var before = host.Samples.Created;
        var content = new ByteArrayContent(request.Body);
        if (request.ContentType is { } type) content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (request.Encoding is { } encoding) content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        var answer = await host.SendAsync(HttpMethod.Post, "/api/samples", host.Token(), content);

        Assert.Equal(request.Status, answer.Status);
        Assert.Equal("application/problem+json", MediaTypeHeaderValue.Parse(answer.Headers["Content-Type"]).MediaType);
        Assert.Equal(request.Key, answer.Key);
        Assert.All(request.Faults, fault => Assert.Contains(fault, answer.Faults));
        Assert.True(answer.Body.Length < 200_000, "The answer must not be larger than an attack wants it to be.");
        Assert.Equal(before, host.Samples.Created);
    }

    [Fact]
    public async Task Valid_request_is_accepted()
    {
        var answer = await host.PostAsync("/api/samples", SampleRequest.Valid);

        Assert.Equal(201, answer.Status);
        Assert.Equal("/api/samples/orders-db", answer.Headers["Location"]);
    }

    [Fact]
    public async Task Own_tenant_in_the_body_is_accepted()
    {
        var answer = await host.PostAsync("/api/samples", SampleRequest.Valid.TrimEnd()[..^1] + ""","tenant_id":"demo"}""");

        Assert.Equal(201, answer.Status);
    }

    [Fact]
    public async Task Every_wrong_member_is_named_with_its_pointer()
    {
        var answer = await host.PostAsync("/api/samples?colour=red", """
            {"source_id":"a","name":"more than twenty characters","kind":"HttpApi","limit":0,"ratio":1.5,"is_active":"yes","since":"2026-01-31 08:00","total":1e3,
             "connection_params":{"port":"5432","user":"u"},"output_format":["json","xml","json",1],"tags":["a",2,"elevenchars","d"],
             "rules":[{"when":[]},5,{"id":"c"}],"retry":{}}
            """);

        Assert.Equal(422, answer.Status);
        Assert.Equal(
            [
                "/connection_params/host faults.required", "/connection_params/port faults.integer", "/connection_params/user faults.unknown", "/is_active faults.bool",
                "/kind faults.one_of", "/limit faults.integer", "/name faults.length", "/output_format faults.items", "/output_format/1 faults.one_of", "/output_format/2 faults.duplicate",
                "/ratio faults.number", "/retry/attempts faults.required", "/rules faults.items", "/rules/0/id faults.required", "/rules/0/when faults.object", "/rules/1 faults.object",
                "/since faults.time", "/tags faults.items", "/tags/1 faults.string", "/tags/2 faults.length", "/total faults.integer", "query/colour faults.unknown",
            ],
            answer.Faults.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Faults_of_path_and_body_come_in_one_answer()
    {
        var answer = await host.PostAsync("/api/samples/~%21/small", """{"source_id":1,"connection_params":{"host":"h"}}""");

        Assert.Equal(422, answer.Status);
        Assert.Equal(["path/sample_id faults.id_encoding", "/source_id faults.string"], answer.Faults);
    }

    [Fact]
    public async Task Chunked_body_over_the_endpoints_limit_is_refused()
    {
        using var stream = new MemoryStream(new byte[2000]);
        var content = new StreamContent(stream);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        var answer = await host.SendAsync(HttpMethod.Post, "/api/samples/a/small", host.Token(), content, ("Transfer-Encoding", "chunked"));

        Assert.Equal(413, answer.Status);
        Assert.Equal("errors.request.too_large", answer.Key);
    }

    [Fact]
    public async Task Body_that_ends_early_is_refused_and_not_worked_on()
    {
        var before = host.Samples.Created;

        await host.RawAsync($"POST /api/samples HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {host.Token()}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"source_id\":", hangUp: true);

        Assert.Equal(before, host.Samples.Created);
        Assert.DoesNotContain(host.Log.Lines, l => l.EventId == 1200);
    }

    [Fact]
    public async Task Compatible_media_type_is_accepted()
    {
        var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(SampleRequest.Valid));
        content.Headers.TryAddWithoutValidation("Content-Type", "application/vnd.datasync+json; charset=\"UTF-8\"");

        Assert.Equal(201, (await host.SendAsync(HttpMethod.Post, "/api/samples", host.Token(), content)).Status);
    }
}
