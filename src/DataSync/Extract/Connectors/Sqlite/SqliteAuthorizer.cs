using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>
/// What a tenant's statement may do, asked by SQLite for every single step while it compiles: select, read a column, call a function, recurse.
/// Everything else, and so every way to write, attach a file or change a setting, is denied, whatever the statement looks like.
/// </summary>
internal static class SqliteAuthorizer
{
    private const int Pragma = 19, Read = 20, Select = 21, Function = 31, Recursive = 33;

    /// <summary>Those that reach beyond the file, and those that compare every part of one value with every part of another, during which nothing can stop them.</summary>
    private static readonly HashSet<string> DeniedFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlar_compress", "sqlar_uncompress",
        "json_patch", "jsonb_patch", "geopoly_overlap", "geopoly_within",
    };

    public static void Install(sqlite3 database) => raw.sqlite3_set_authorizer(database, Decide, null);

    private static int Decide(object userData, int action, utf8z first, utf8z second, utf8z databaseName, utf8z inner) => action switch
    {
        Select or Read or Recursive => raw.SQLITE_OK,
        Function => DeniedFunctions.Contains(second.utf8_to_string()) ? raw.SQLITE_DENY : raw.SQLITE_OK,

        // full-text search asks for this by itself; it reads a counter
        Pragma when first.utf8_to_string() == "data_version" && second.utf8_to_string() is null => raw.SQLITE_OK,
        _ => raw.SQLITE_DENY,
    };
}
