using System.Text;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>A statement's rows between two values of a column, in its order, which has nulls first. One writer at a time commits here, so nothing commits late.</summary>
internal static class SqliteWindow
{
    /// <summary>Names no tenant's statement can use: a parameter's name begins with a letter there.</summary>
    public const string From = "@1_from", To = "@1_to";

    public static string Of(string sql, CursorWindow window)
    {
        var column = $"w.\"{window.Field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var text = new StringBuilder($"SELECT * FROM (\n{sql}\n) AS w WHERE ({column} IS NOT NULL");
        if (window.From is not null) text.Append($" AND {column} >= {From}");
        if (window.To is not null) text.Append($" AND {column} < {To}");
        text.Append(')');
        if (window.Nulls) text.Append($" OR {column} IS NULL");
        return text.Append($" ORDER BY {column}").ToString();
    }
}
