using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A column of a key, and the server's name of its type where a comparison needs it.</summary>
internal sealed record KeyColumn(string Name, string Type);

/// <summary>A table as the driver's catalog knows it, with the key its rows can be told apart and ordered by; no key where there is none to rely on.</summary>
internal sealed record OdbcTable(string QuotedName, string Quote, IReadOnlyList<KeyColumn> Key)
{
    /// <summary>Stands in a key's value for a whole number, which is compared as one.</summary>
    public const string Whole = "integer";

    private const int CatalogColumn = 0, SchemaColumn = 1, NameColumn = 2;

    public IReadOnlyList<string> KeyNames => [.. Key.Select(k => k.Name)];

    /// <summary>Looks a table up by ODBC's catalog functions; a name's case counts.</summary>
    public static OdbcTable Find(OdbcSession session, string name) => Find(session, name, out _, out _);

    /// <summary>The same, with the schema (or what ODBC calls the catalog) it was found in and its plain name.</summary>
    public static OdbcTable Find(OdbcSession session, string name, out string? schema, out string plain)
    {
        var parts = SqlName.Parse(name) ?? throw Undefined();
        var catalogs = session.Dialect.SchemasAreCatalogs;
        var place = catalogs ? CatalogColumn : SchemaColumn;
        var current = catalogs && parts.Schema is null ? session.Query("SELECT DATABASE()")[0][0] : parts.Schema;
        var found = session.Rows(s => OdbcCatalog.Tables(s, parts.Table))
            .Find(t => t[NameColumn] == parts.Table && (current is null || t[place] == current)) ?? throw Undefined();
        var quote = session.Quote;
        var key = session.Dialect.KeyOf(session, found[CatalogColumn], found[SchemaColumn], parts.Table).Select(k => new KeyColumn(k, ""));
        (schema, plain) = (found[place], parts.Table);
        return new OdbcTable((string.IsNullOrEmpty(schema) ? "" : Quoted(schema, quote) + ".") + Quoted(parts.Table, quote), quote, [.. key]);
    }

    public string Quoted(string name) => Quoted(name, Quote);

    public static SyncFailureException Undefined() => new(SyncFailure.Permanent("errors.extraction.undefined_table", ("sqlstate", "42S02")));

    /// <summary>A name within the quotes of a session.</summary>
    public static string Quoted(string name, string quote)
    {
        if (quote.Length > 0) return quote + name.Replace(quote, quote + quote, StringComparison.Ordinal) + quote;

        // without quotes only what is a plain name can be named at all
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : throw Undefined();
    }
}
