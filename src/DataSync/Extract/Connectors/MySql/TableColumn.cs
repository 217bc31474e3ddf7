namespace DataSync.Extract.Connectors.MySql;

/// <summary>A column as the catalog knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The bare type, lower case, such as <c>varchar</c>.</param>
/// <param name="FullType">The type as declared, such as <c>decimal(10,2) unsigned</c>.</param>
/// <param name="CharacterSet">Null where it holds no text.</param>
/// <param name="Collation">Null where it holds no text.</param>
/// <param name="IsJson">The type is JSON, or text a constraint lets be nothing else.</param>
internal sealed record TableColumn(string Name, string Type, string FullType, string? CharacterSet, string? Collation, bool IsJson)
{
    public bool IsUnsigned => FullType.Contains("unsigned", StringComparison.Ordinal);

    private bool IsInteger => Type is "tinyint" or "smallint" or "mediumint" or "int" or "bigint" or "year";

    private string Quoted => MySqlName.Quote(Name);

    /// <summary>The JSON kind it comes out as.</summary>
    public string JsonType => Form switch
    {
        ColumnForm.RawNumber => IsInteger ? "integer" : "number",
        ColumnForm.Unsigned => "integer",
        ColumnForm.WidenedFloat or ColumnForm.Double => "number",
        ColumnForm.Json or ColumnForm.RawJson => "any",
        _ => "string",
    };

    public ColumnForm Form => Type switch
    {
        "decimal" => ColumnForm.RawNumber,
        "float" => ColumnForm.WidenedFloat,
        "double" => ColumnForm.Double,
        "bit" => ColumnForm.Unsigned,
        "date" => ColumnForm.RawDate,
        "datetime" => ColumnForm.RawDateTime,
        "timestamp" => ColumnForm.RawTimestamp,
        "time" => ColumnForm.RawTime,
        "json" => ColumnForm.Json,
        "binary" or "varbinary" or "tinyblob" or "blob" or "mediumblob" or "longblob" or "vector" => ColumnForm.Bytes,
        "geometry" or "point" or "linestring" or "polygon" or "multipoint" or "multilinestring" or "multipolygon" or "geometrycollection" or "geomcollection" => ColumnForm.Bytes,
        _ when IsInteger => ColumnForm.RawNumber,
        _ => IsJson ? ColumnForm.RawJson : ColumnForm.RawText,
    };

    /// <summary>What to select so that it comes in its form.</summary>
    public string Expression => Form switch
    {
        ColumnForm.WidenedFloat => $"{Quoted} + 0E0",
        ColumnForm.Double or ColumnForm.Unsigned or ColumnForm.Json or ColumnForm.Bytes => Quoted,
        ColumnForm.RawText or ColumnForm.RawJson when CharacterSet is not ("utf8mb4" or "utf8mb3" or "utf8" or "ascii") => $"CAST(CONVERT({Quoted} USING utf8mb4) AS BINARY)",
        _ => $"CAST({Quoted} AS BINARY)",
    };

    /// <summary>
    /// A key's value for comparing, as its column compares; null for a type whose order differs from its comparison, or whose text does not lead back to the value.
    /// </summary>
    public string? KeyValue => Type switch
    {
        "decimal" => $"CAST(? AS {FullType.Split(' ')[0]})",
        "date" or "datetime" or "timestamp" or "time" or "uuid" or "inet6" or "inet4" => "?",
        "binary" or "varbinary" => "FROM_BASE64(?)",
        "char" or "varchar" when CharacterSet is not null && Collation is not null => $"CONVERT(? USING {CharacterSet}) COLLATE {Collation}",
        _ when IsInteger => IsUnsigned || Type == "year" ? "CAST(? AS UNSIGNED)" : "CAST(? AS SIGNED)",
        _ => null,
    };
}
