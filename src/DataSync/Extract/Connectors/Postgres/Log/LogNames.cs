using System.Security.Cryptography;
using System.Text;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Postgres.Log;

/// <summary>
/// What a source's slot and publication are called on its server: the beginning of the source's id for people, and a digest of its mark, so that no two sources share them, of whichever tenant or
/// installation; for a source from before there were marks, of tenant and source. Letters, digits and underscores, 63 at most: what a slot may be called, and what needs no quotes.
/// </summary>
internal static class LogNames
{
    private const int Shown = 24, Digest = 12;

    /// <summary>The name of both.</summary>
    public static string Of(SourceConnection connection)
    {
        var shown = new StringBuilder();
        foreach (var c in connection.SourceId.AsSpan(0, Math.Min(Shown, connection.SourceId.Length)))
            shown.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');

        // the length before the tenant's id keeps any two owners apart
        var own = connection.Mark is { } mark ? $"{mark:n}" : $"{connection.TenantId.Length}:{connection.TenantId}:{connection.SourceId}";
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(own));
        return $"datasync_{shown}_{Convert.ToHexStringLower(digest.AsSpan(0, Digest))}";
    }
}
