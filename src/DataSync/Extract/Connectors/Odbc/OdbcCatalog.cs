using System.Globalization;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>Lists tables and views by ODBC's catalog functions.</summary>
internal static unsafe class OdbcCatalog
{
    private const int CatalogColumn = 0, SchemaColumn = 1, TableColumn = 2, KindColumn = 3;
    private const int NameColumn = 3, TypeColumn = 4, TypeNameColumn = 5, SizeColumn = 6, NullableColumn = 10;

    /// <summary>Every table and view with its columns and key.</summary>
    public static IReadOnlyList<SourceTable> Read(OdbcSession session) => Read(session, int.MaxValue);

    /// <summary>So many tables and views at most.</summary>
    public static IReadOnlyList<SourceTable> Read(OdbcSession session, int most)
    {
        var tables = session.Rows(s => Tables(s, null));
        return [.. tables.Where(t => t[TableColumn] is not null).Take(most).Select(t => Table(session, t))];
    }

    /// <summary>Tables and views; all, or those whose name is like the one given.</summary>
    public static short Tables(StatementHandle statement, string? table)
    {
        const string Kinds = "TABLE,VIEW";
        fixed (char* name = table, kinds = Kinds)
            return OdbcLibrary.SQLTablesW(statement, null, 0, null, 0, name, (short)(table?.Length ?? 0), kinds, (short)Kinds.Length);
    }

    /// <summary>The columns of a table's key in their order, as the driver tells them.</summary>
    public static IReadOnlyList<string> PrimaryKey(OdbcSession session, string? catalog, string? schema, string table)
    {
        const int Column = 3, Place = 4;
        var rows = session.Rows(statement =>
        {
            fixed (char* inCatalog = catalog, inSchema = schema, name = table)
                return OdbcLibrary.SQLPrimaryKeysW(statement, inCatalog, Length(catalog), inSchema, Length(schema), name, Length(table));
        });
        return [.. rows.OrderBy(k => int.Parse(k[Place]!, CultureInfo.InvariantCulture)).Select(k => k[Column]!)];
    }

    private static SourceTable Table(OdbcSession session, string?[] table)
    {
        var (catalog, schema, name) = (table[CatalogColumn], table[SchemaColumn], table[TableColumn]!);
        var columns = session.Rows(s =>
        {
            fixed (char* inCatalog = catalog, inSchema = schema, of = name)
                return OdbcLibrary.SQLColumnsW(s, inCatalog, Length(catalog), inSchema, Length(schema), of, Length(name), null, 0);
        }).Where(c => c[TableColumn] == name);
        return new SourceTable(
            session.Dialect.SchemasAreCatalogs ? catalog : schema, name, table[KindColumn]?.ToLowerInvariant() == "view" ? "view" : "table",
            [.. columns.Select(c => Column(session, c))], session.Dialect.KeyOf(session, catalog, schema, name));
    }

    private static SourceColumn Column(OdbcSession session, string?[] column)
    {
        var type = short.Parse(column[TypeColumn] ?? "0", CultureInfo.InvariantCulture);
        var described = new DescribedColumn(column[NameColumn]!, type, column[TypeNameColumn] ?? "", long.TryParse(column[SizeColumn], CultureInfo.InvariantCulture, out var size) ? size : 0, IsUnsigned: false);
        return new SourceColumn(described.Name, described.TypeName, session.Dialect.Format(described).JsonType, column[NullableColumn] != "0");
    }

    private static short Length(string? text) => (short)(text?.Length ?? 0);
}
