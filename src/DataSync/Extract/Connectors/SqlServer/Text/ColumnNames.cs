using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace DataSync.Extract.Connectors.SqlServer.Text;

/// <summary>Whether a query's columns all have names, and different ones: only then it can stand within another and give the same.</summary>
internal static class ColumnNames
{
    public static bool AreDistinct(QueryExpression query) => First(query) is { } first && Names(first) is { } names && names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count;

    /// <summary>The part that names the columns of a union.</summary>
    private static QuerySpecification? First(QueryExpression query)
    {
        while (true)
        {
            switch (query)
            {
                case QuerySpecification found:
                    return found;
                case BinaryQueryExpression union:
                    query = union.FirstQueryExpression;
                    break;
                case QueryParenthesisExpression inner:
                    query = inner.QueryExpression;
                    break;
                default:
                    return null;
            }
        }
    }

    /// <summary>The names; null where they are not known. A star gives those of a table, which differ, where there is but one.</summary>
    private static List<string>? Names(QuerySpecification query)
    {
        if (query.SelectElements is [SelectStarExpression]) return query.FromClause?.TableReferences is [NamedTableReference] ? [] : null;
        var names = new List<string>();
        foreach (var element in query.SelectElements)
        {
            var name = (element as SelectScalarExpression)?.ColumnName?.Value
                ?? ((element as SelectScalarExpression)?.Expression as ColumnReferenceExpression)?.MultiPartIdentifier?.Identifiers.LastOrDefault()?.Value;
            if (string.IsNullOrEmpty(name)) return null;
            names.Add(name);
        }

        return names;
    }
}
