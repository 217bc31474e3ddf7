using System.Text.Encodings.Web;
using System.Text.Json;

namespace DataSync.Jobs;

/// <summary>The JSON form of what a job's row holds. It must stay readable: jobs outlive a deployment.</summary>
internal static class JobJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 128,
    };
}
