namespace DataSync.Extract.Connectors.Api.Paging;

/// <summary>Reads <c>Link</c> headers (RFC 8288).</summary>
internal static class LinkLines
{
    /// <summary>The target of the first link with the relation; null where there is none.</summary>
    public static string? Find(string header, string relation)
    {
        var at = 0;
        while ((at = header.IndexOf('<', at)) >= 0)
        {
            var end = header.IndexOf('>', at);
            if (end < 0) return null;
            var target = header[(at + 1)..end].Trim();
            at = end + 1;
            var next = ParametersEnd(header, at);
            if (HasRelation(header[at..next], relation)) return target;
            at = next;
        }

        return null;
    }

    /// <summary>Where a link's parameters end: at a comma outside of quotes.</summary>
    private static int ParametersEnd(string header, int at)
    {
        var quoted = false;
        for (; at < header.Length; at++)
        {
            if (header[at] == '"') quoted = !quoted;
            else if (quoted && header[at] == '\\') at++;
            else if (!quoted && header[at] == ',') break;
        }

        return Math.Min(at, header.Length);
    }

    /// <summary>A link may have several relations, apart by spaces; case does not count.</summary>
    private static bool HasRelation(string parameters, string relation)
    {
        foreach (var parameter in parameters.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !parameter.AsSpan(0, equals).Trim().Equals("rel", StringComparison.OrdinalIgnoreCase)) continue;
            var value = parameter[(equals + 1)..].Trim().Trim('"');
            return value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(relation, StringComparer.OrdinalIgnoreCase);
        }

        return false;
    }
}
