using System.Net;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Refine.LabelStudio.Api;

/// <summary>An answer with its body.</summary>
/// <param name="Url">Where it came from.</param>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body, whole.</param>
/// <param name="Wish">The server's own wish for a wait.</param>
internal sealed record LabelStudioAnswer(Uri Url, HttpStatusCode Status, ReadOnlyMemory<byte> Body, TimeSpan? Wish)
{
    /// <summary>Bytes of a body at most: a page of tasks is asked for again in parts where it is more.</summary>
    public const int Largest = 64 * 1024 * 1024;

    /// <summary>What <see cref="ReadAsync"/> fails with for a larger body.</summary>
    public const string TooLargeKey = "errors.label_studio.too_large";

    private const int LookedAt = 4096;

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public static async Task<LabelStudioAnswer> ReadAsync(HttpResponseMessage response, Uri url, TimeProvider time, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var body = new MemoryStream();
        var part = new byte[32 * 1024];
        for (int count; (count = await stream.ReadAsync(part, ct)) > 0;)
        {
            body.Write(part, 0, count);
            if (body.Length > Largest) throw new SyncFailureException(SyncFailure.Permanent(TooLargeKey, ("host", url.IdnHost), ("megabytes", Largest / (1024 * 1024))));
        }

        return new LabelStudioAnswer(url, response.StatusCode, body.GetBuffer().AsMemory(0, (int)body.Length), RetryAfter.Of(response, time));
    }

    /// <summary>The body as JSON; fails transiently where it is none, for it may have been cut off.</summary>
    public JsonElement Json()
    {
        try
        {
            return JsonElement.Parse(Body.Span);
        }
        catch (JsonException e)
        {
            throw LabelStudioErrors.Body(Url, e);
        }
    }

    /// <summary>The failure of an answer that is none to read.</summary>
    public SyncFailureException Failure() => LabelStudioErrors.Status(Url, Status, Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, LookedAt)]), Wish);
}
