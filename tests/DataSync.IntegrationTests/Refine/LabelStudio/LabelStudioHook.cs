using System.Net;
using System.Net.Http.Json;
using DataSync.IntegrationTests.Host;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>A project's webhook as Label Studio has it registered.</summary>
/// <param name="Server">Our address.</param>
/// <param name="Path">Where it posts.</param>
/// <param name="Header">The header with the secret.</param>
/// <param name="Secret">The secret.</param>
internal sealed record LabelStudioHook(Uri Server, string Path, string Header, string Secret)
{
    private static readonly HttpClient Sender = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Makes a project's secret anew.</summary>
    public static async Task<LabelStudioHook> NewAsync(HttpClient client, long project, CancellationToken ct)
    {
        var made = await client.PostAsync($"api/label-studio/projects/{project}/hook", new { }, HttpStatusCode.OK, ct);
        return new LabelStudioHook(client.BaseAddress!, made.GetProperty("path").GetString()!, made.GetProperty("header").GetString()!, made.GetProperty("secret").GetString()!);
    }

    /// <summary>The same with a secret that is wrong in its first character. The last one stands for four bits alone: most characters in its place make no secret at all, which nobody looks up.</summary>
    public LabelStudioHook Wrong() => this with { Secret = (Secret[0] == 'A' ? 'B' : 'A') + Secret[1..] };

    /// <summary>Sends a hint as Label Studio does: with a whole payload, without a token.</summary>
    public async Task<HttpStatusCode> SendAsync(CancellationToken ct)
    {
        using var hint = new HttpRequestMessage(HttpMethod.Post, new Uri(Server, Path)) { Content = JsonContent.Create(new { action = "ANNOTATION_CREATED", project = new { task_data_password = "CANARY" } }) };
        hint.Headers.Add(Header, Secret);
        using var answer = await Sender.SendAsync(hint, ct);
        return answer.StatusCode;
    }
}
