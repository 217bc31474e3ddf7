using System.Text.Json;

namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>Where a read of an API stands: the resume token of its batches.</summary>
/// <param name="Request">A digest of what is read, so that no position is taken for one of another reading.</param>
/// <param name="At">The page's position; null for the first.</param>
/// <param name="Page">The page's number, from 0.</param>
/// <param name="Skip">Records of that page that were handed out already.</param>
/// <param name="Ended">True behind the last page.</param>
internal sealed record PagePosition(string Request, string? At, long Page, long Skip, bool Ended)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>The position a token names, or the beginning; a token of another reading cannot be gone on with.</summary>
    public static PagePosition Read(ReadOnlySpan<byte> token, string request)
    {
        if (token.IsEmpty) return new PagePosition(request, null, 0, 0, Ended: false);
        try
        {
            if (JsonSerializer.Deserialize<PagePosition>(token, Json) is { } position && string.Equals(position.Request, request, StringComparison.Ordinal)) return position;
        }
        catch (JsonException e)
        {
            throw ResumeToken.Lost(e);
        }

        throw ResumeToken.Lost(null);
    }
}
