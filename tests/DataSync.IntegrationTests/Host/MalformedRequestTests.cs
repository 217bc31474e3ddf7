using System.Text.Json;
using DataSync.Tests.Platform.Http;

namespace DataSync.IntegrationTests.Host;

/// <summary>Wrong requests against the real endpoints: each a 4xx problem that names all faults, and nothing stored.</summary>
[Collection(nameof(WholeSystem))]
public sealed class MalformedRequestTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("api/sources", "source_id")]
    [InlineData("api/sync/start", "source_id")]
    public async Task Malformed_requests_are_refused_with_every_fault_and_nothing_stored(string path, string textMember)
    {
        using var client = system.Running.Client("malformed " + path);
        var valid = path.EndsWith("sources", StringComparison.Ordinal)
            ? JsonSerializer.Serialize(system.Running.Source("s", new { table = "things" }))
            : """{"source_id":"s","mode":"async"}""";
        var requests = MalformedRequests.For(valid, textMember);
        Assert.True(requests.Count >= 40, $"only {requests.Count} malformed requests");
        List<string> wrong = [];
        foreach (var request in requests)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(request.Body) };
            if (request.ContentType is not null) message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
            if (request.Encoding is not null) message.Content.Headers.TryAddWithoutValidation("Content-Encoding", request.Encoding);
            HttpResponseMessage answer;
            try
            {
                answer = await client.SendAsync(message, Ct);
            }
            catch (HttpRequestException) when (request.Status == 413)
            {
                continue; // the server has closed the connection on a body it will not read
            }

            using (answer)
            {
                var text = await answer.Content.ReadAsStringAsync(Ct);
                if ((int)answer.StatusCode is < 400 or >= 500 || !Equals(answer.Content.Headers.ContentType?.MediaType, "application/problem+json"))
                {
                    wrong.Add($"{request.Name}: {(int)answer.StatusCode} {text}");
                    continue;
                }

                var named = JsonElement.Parse(text).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString() + " " + e.GetProperty("message_key").GetString()).ToHashSet(StringComparer.Ordinal);
                wrong.AddRange(request.Faults.Where(f => !named.Contains(f)).Select(f => $"{request.Name}: '{f}' not named, but {string.Join(", ", named)}"));
            }
        }

        Assert.Empty(wrong);
        Assert.Empty((await client.GetJsonAsync("api/sources", Ct)).GetProperty("items").EnumerateArray());
        Assert.Empty((await client.GetJsonAsync("api/sync/jobs", Ct)).GetProperty("items").EnumerateArray());
    }
}
