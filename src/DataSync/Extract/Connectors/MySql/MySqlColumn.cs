using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>A column of a read: its member's name and the form its values come in.</summary>
internal sealed record MySqlColumn(string Name, ColumnForm Form)
{
    /// <summary>The form of a column of a query, by what the server says of the result.</summary>
    public static ColumnForm FormOf(MySqlDbType type) => type switch
    {
        MySqlDbType.Byte or MySqlDbType.UByte or MySqlDbType.Int16 or MySqlDbType.UInt16 or MySqlDbType.Int24 or MySqlDbType.UInt24
            or MySqlDbType.Int32 or MySqlDbType.Year or MySqlDbType.Bool => ColumnForm.Integer,
        MySqlDbType.UInt32 or MySqlDbType.Int64 => ColumnForm.Long,
        MySqlDbType.UInt64 or MySqlDbType.Bit => ColumnForm.Unsigned,
        MySqlDbType.Float => ColumnForm.Float,
        MySqlDbType.Double => ColumnForm.Double,
        MySqlDbType.Decimal or MySqlDbType.NewDecimal => ColumnForm.Decimal,
        MySqlDbType.Date or MySqlDbType.Newdate => ColumnForm.Date,
        MySqlDbType.DateTime => ColumnForm.DateTime,
        MySqlDbType.Timestamp => ColumnForm.Timestamp,
        MySqlDbType.Time => ColumnForm.Time,
        MySqlDbType.JSON => ColumnForm.Json,
        MySqlDbType.Null => ColumnForm.Null,
        MySqlDbType.Binary or MySqlDbType.VarBinary or MySqlDbType.TinyBlob or MySqlDbType.Blob or MySqlDbType.MediumBlob or MySqlDbType.LongBlob
            or MySqlDbType.Geometry or MySqlDbType.Vector => ColumnForm.Bytes,
        _ => ColumnForm.Text,
    };
}

/// <summary>
/// How a value is fetched and written. Those that begin with <c>Raw</c> come as the bytes of the server's own text, because the statement asked for
/// binary: no object is made of them on the way.
/// </summary>
internal enum ColumnForm
{
    Null,
    Integer,
    Long,
    Unsigned,
    Float,
    Double,
    Decimal,
    Text,
    Json,
    Date,
    DateTime,
    Timestamp,
    Time,
    Bytes,

    /// <summary>A FLOAT the server made a DOUBLE of: as text it would show six digits.</summary>
    WidenedFloat,
    RawNumber,
    RawText,
    RawJson,
    RawDate,
    RawDateTime,
    RawTimestamp,
    RawTime,
}
