using System.Text;

namespace DataSync.Platform.Http.OpenApi;

/// <summary>
/// An operation's name for generated clients, made of its method and path, so that it is stable and nobody has to think of one:
/// <c>GET /api/sources/{source_id}/schedule</c> is <c>getSourceSchedule</c>. A segment before a parameter is put in the singular.
/// </summary>
internal static class OperationName
{
    public static string Of(string method, string path)
    {
        var name = new StringBuilder(method.ToLowerInvariant());
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (i, segment) in segments.Index())
        {
            if (IsParameter(segment) || segment == "api") continue;
            var word = i + 1 < segments.Length && IsParameter(segments[i + 1]) ? Singular(segment) : segment;
            foreach (var part in word.Split('-', '_', '.').Where(p => p.Length > 0)) name.Append(char.ToUpperInvariant(part[0])).Append(part, 1, part.Length - 1);
        }

        return name.ToString();
    }

    private static bool IsParameter(string segment) => segment.StartsWith('{');

    private static string Singular(string word)
        => word.EndsWith("ies", StringComparison.Ordinal) ? word[..^3] + "y"
            : word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) && !word.EndsWith("us", StringComparison.Ordinal) ? word[..^1]
            : word;
}
