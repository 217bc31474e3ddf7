namespace DataSync.Extract.Connectors.MySql;

/// <summary>A table's name as a tenant writes it: <c>table</c>, <c>database.table</c>, or with parts in backticks.</summary>
internal static class MySqlName
{
    public static string Quote(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    /// <summary>The parts, unquoted; null where the text is no such name.</summary>
    public static (string? Schema, string Table)? Parse(string text) => SqlName.Parse(text, '`');
}
