using System.IO.Compression;
using DataSync.Platform.Settings;
using Microsoft.AspNetCore.Http;

namespace DataSync.Platform.Http.Json;

/// <summary>
/// The content encodings a body may come in. It is decompressed only where it is read, which is after the caller was let in, and counted as it grows,
/// so a few bytes that stand for gigabytes end at the limit.
/// </summary>
internal sealed record RequestEncodings(bool AreAccepted)
{
    public const string Setting = "DATASYNC_REQUEST_COMPRESSION";

    /// <summary>What is accepted, as <c>Accept-Encoding</c> names it.</summary>
    public IReadOnlyList<string> Accepted => AreAccepted ? ["gzip", "br", "deflate", "identity"] : ["identity"];

    public static RequestEncodings Read(SettingsReader settings) => new(settings.Bool(Setting, true));

    /// <summary>The body's encoding; <c>identity</c> where there is none, null where it is not accepted.</summary>
    public string? Of(HttpRequest request) => request.Headers.ContentEncoding switch
    {
        [] => "identity",
        [{ } one] => Accepted.FirstOrDefault(e => string.Equals(e, one.Trim(), StringComparison.OrdinalIgnoreCase)),
        _ => null,
    };

    /// <summary>Opens a body in one of the accepted encodings.</summary>
    public static Stream Open(string encoding, Stream body) => encoding switch
    {
        "gzip" => new GZipStream(body, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(body, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(body, CompressionMode.Decompress, leaveOpen: true),
        _ => body,
    };
}
