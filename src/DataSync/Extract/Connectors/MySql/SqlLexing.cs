namespace DataSync.Extract.Connectors.MySql;

/// <summary>What <c>sql_mode</c> says about reading quotes and backslashes.</summary>
/// <param name="BackslashEscapes">A backslash in a string escapes what follows.</param>
/// <param name="QuotedNames">Double quotes enclose names, not strings.</param>
internal readonly record struct SqlLexing(bool BackslashEscapes, bool QuotedNames)
{
    /// <summary>Reads it off the setting.</summary>
    /// <param name="mode">The session's <c>sql_mode</c>: words, by commas.</param>
    public static SqlLexing Of(string mode)
    {
        var words = mode.Split(',');
        return new SqlLexing(!words.Contains("NO_BACKSLASH_ESCAPES", StringComparer.OrdinalIgnoreCase), words.Contains("ANSI_QUOTES", StringComparer.OrdinalIgnoreCase));
    }
}
