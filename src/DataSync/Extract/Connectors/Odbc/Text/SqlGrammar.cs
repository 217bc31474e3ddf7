namespace DataSync.Extract.Connectors.Odbc.Text;

/// <summary>What a database takes for quoted text, comments and names: where a statement is looked through, it must be read as its server reads it.</summary>
internal sealed record SqlGrammar
{
    /// <summary>A backslash within quotes takes the next character with it.</summary>
    public bool BackslashEscapes { get; init; }

    /// <summary><c>E'…'</c>, in which a backslash escapes.</summary>
    public bool EscapeStrings { get; init; }

    /// <summary><c>$tag$ … $tag$</c>.</summary>
    public bool DollarQuotes { get; init; }

    public bool NestedComments { get; init; }

    public bool HashComments { get; init; }

    /// <summary><c>--</c> begins a comment only before white space, and <c>/*! … */</c> is none but is run.</summary>
    public bool MySqlComments { get; init; }

    public bool Backticks { get; init; }

    public bool Brackets { get; init; }

    /// <summary><c>@name</c>, <c>:name</c> and <c>$name</c> are parameters, so one without a value is an error.</summary>
    public bool OwnParameters { get; init; }

    /// <summary>Nobody knows how the server takes a backslash, so none may stand in a statement.</summary>
    public bool RefusesBackslash { get; init; }

    /// <summary>Functions that reach beyond the database, in lower case: never called, however their names are quoted.</summary>
    public IReadOnlySet<string> DeniedNames { get; init; } = new HashSet<string>(StringComparer.Ordinal);
}
