using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>Reading by a key: all rows in its order, or those behind one. A driver that holds a whole result in memory is asked for a page of them at a time.</summary>
internal static class OdbcPages
{
    /// <summary>The SELECT of all rows, or of what comes behind a key.</summary>
    public static (string Sql, IReadOnlyList<ParameterValue> Values) Select(OdbcSession session, string all, IReadOnlyList<ParameterValue> values, OdbcTable table, ReadOnlyMemory<byte> resumeToken)
    {
        if (table.Key.Count == 0) return (all, values);
        var token = ResumeToken.Read(resumeToken.Span, table.QuotedName, table.KeyNames, [.. table.Key.Select(k => k.Type)]);
        var order = string.Join(", ", table.Key.Select(k => table.Quoted(k.Name)));
        if (token is null) return ($"{all} ORDER BY {order}", values);
        var (condition, key) = session.Dialect.Behind(table, token.Key);
        return ($"{all} WHERE {condition} ORDER BY {order}", [.. values, .. key.Select(v => new ParameterValue(v.Value, v.Type == OdbcTable.Whole ? SqlType.BigInt : SqlType.WVarChar))]);
    }

    /// <summary>
    /// The table by whose key a query may be read in pages: its rows are that table's, each once, with the key's columns as they are, in an order that the query leaves open. Null for
    /// every other one, and where the driver gives rows as they come.
    /// </summary>
    public static OdbcTable? TableOf(OdbcSession session, string sql)
    {
        if (session.Dialect.PageRows is null || session.IsStreamed || OneTable.Of(sql, session.Dialect.Grammar) is not { } name) return null;
        try
        {
            var table = session.Dialect.Find(session, (name.Schema is null ? "" : SqlName.Quote(name.Schema) + ".") + SqlName.Quote(name.Table));
            if (table.Key.Count == 0) return null;
            using var asked = session.Statement();

            // two columns of one name can stand in a query, but not in one around it
            session.Prepare(asked, $"SELECT * FROM (\n{sql}\n) w");
            var columns = DescribedColumn.All(asked, session.Dialect.TakesUtf8);
            return table.Key.All(k => Enumerable.Range(0, columns.Count).Any(i => columns[i].Name == k.Name && DescribedColumn.Origin(asked, i) == k.Name && session.Dialect.Format(columns[i]).HasKey)) ? table : null;
        }
        catch (Exception e) when (e is OdbcException or SyncFailureException)
        {
            // what is wrong with the statement is told when it is run as it is
            return null;
        }
    }
}
