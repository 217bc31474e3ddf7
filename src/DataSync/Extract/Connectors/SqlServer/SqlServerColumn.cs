namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>A column of a read: its member's name, the form its values come in, and its type as the server names it.</summary>
internal sealed record SqlServerColumn(string Name, ColumnForm Form, string Type)
{
    /// <summary>The form of a column's values.</summary>
    /// <param name="type">The type as the server names it: bare, lower case; that of a CLR type behind its schema.</param>
    /// <param name="isLong">Its values have no bound but 2 GiB.</param>
    public static ColumnForm FormOf(string type, bool isLong) => type switch
    {
        "bit" => ColumnForm.Bit,
        "tinyint" => ColumnForm.Byte,
        "smallint" => ColumnForm.Short,
        "int" => ColumnForm.Integer,
        "bigint" => ColumnForm.Long,
        "decimal" or "numeric" => ColumnForm.Decimal,
        "money" or "smallmoney" => ColumnForm.Money,
        "real" => ColumnForm.Float,
        "float" => ColumnForm.Double,
        "date" => ColumnForm.Date,
        "datetime" or "datetime2" or "smalldatetime" => ColumnForm.DateTime,
        "datetimeoffset" => ColumnForm.DateTimeOffset,
        "time" => ColumnForm.Time,
        "uniqueidentifier" => ColumnForm.Guid,
        "char" or "varchar" or "nchar" or "nvarchar" => isLong ? ColumnForm.LongText : ColumnForm.Text,
        "text" or "ntext" => ColumnForm.LongText,
        "xml" => ColumnForm.Xml,
        "json" or "vector" => ColumnForm.Json,
        "sql_variant" => ColumnForm.Variant,
        _ => ColumnForm.Bytes,
    };

    /// <summary>The JSON kind a form comes out as.</summary>
    public static string JsonTypeOf(ColumnForm form) => form switch
    {
        ColumnForm.Bit => "boolean",
        ColumnForm.Byte or ColumnForm.Short or ColumnForm.Integer or ColumnForm.Long => "integer",
        ColumnForm.Decimal or ColumnForm.Money or ColumnForm.Float or ColumnForm.Double => "number",
        ColumnForm.Json or ColumnForm.Variant => "any",
        _ => "string",
    };
}

/// <summary>How a value is fetched and written.</summary>
internal enum ColumnForm
{
    Bit,
    Byte,
    Short,
    Integer,
    Long,
    Decimal,
    Money,
    Float,
    Double,
    Date,
    DateTime,
    DateTimeOffset,
    Time,
    Guid,
    Text,

    /// <summary>The bytes of its UTF-16, because the statement asked for them: no object is made of them on the way, and half of a surrogate pair is seen.</summary>
    RawText,

    /// <summary>Text that is fetched part by part.</summary>
    LongText,

    /// <summary>The same, and the driver may put a mark of byte order before it.</summary>
    Xml,
    Json,

    /// <summary>Each value has a type of its own.</summary>
    Variant,

    /// <summary>Bytes, and the server's own form of a CLR type.</summary>
    Bytes,
}
