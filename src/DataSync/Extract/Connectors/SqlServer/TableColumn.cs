using System.Data;
using System.Globalization;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>A column as the catalog knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The bare type, lower case, such as <c>varchar</c>; an alias's is the one below it.</param>
/// <param name="Length">Bytes at most; -1 for those without a bound.</param>
/// <param name="Precision">Digits of a number.</param>
/// <param name="Scale">Digits behind the point.</param>
/// <param name="Collation">Null where it holds no text.</param>
/// <param name="Nullable">It may hold NULL.</param>
internal sealed record TableColumn(string Name, string Type, int Length, byte Precision, byte Scale, string? Collation, bool Nullable)
{
    /// <summary>The form its values come in.</summary>
    public ColumnForm Form => Type is "nchar" or "nvarchar" && Length > 0 ? ColumnForm.RawText : SqlServerColumn.FormOf(Type, Length < 0);

    /// <summary>The JSON kind it comes out as.</summary>
    public string JsonType => SqlServerColumn.JsonTypeOf(Form);

    /// <summary>The type as it would be declared.</summary>
    public string FullType => Type switch
    {
        "decimal" or "numeric" => Invariant($"{Type}({Precision},{Scale})"),
        "datetime2" or "datetimeoffset" or "time" => Invariant($"{Type}({Scale})"),
        "nchar" or "nvarchar" when Length > 0 => Invariant($"{Type}({Length / 2})"),
        "char" or "varchar" or "binary" or "varbinary" when Length > 0 => Invariant($"{Type}({Length})"),
        "char" or "varchar" or "nchar" or "nvarchar" or "binary" or "varbinary" => $"{Type}(max)",
        "timestamp" => "rowversion",
        _ => Type,
    };

    /// <summary>What to select of it, from something called <c>w</c>, so that it comes in its form and part by part.</summary>
    public string Expression => ExpressionOf("w");

    /// <summary>The same from something called otherwise.</summary>
    public string ExpressionOf(string table)
    {
        var bare = $"{table}.{SqlServerName.Quote(Name)}";
        return Type switch
        {
            "json" or "vector" or "ntext" => $"CAST({bare} AS nvarchar(max))",
            "text" => $"CAST({bare} AS varchar(max))",
            "image" => $"CAST({bare} AS varbinary(max))",
            _ when Form == ColumnForm.RawText => $"CAST({bare} AS varbinary(8000))",
            _ => bare,
        };
    }

    /// <summary>
    /// A value of the column for comparing, made of the text a record shows; null for a type whose order differs from its comparison, or whose text does not lead back to the value.
    /// </summary>
    /// <param name="parameter">The parameter that holds the text.</param>
    public string? Value(string parameter) => Type switch
    {
        "tinyint" or "smallint" or "int" or "bigint" or "decimal" or "numeric" or "money" or "smallmoney" or "bit" or "date" or "datetime" or "datetime2" or "smalldatetime" or "datetimeoffset" or "time"
            or "uniqueidentifier" => $"CAST({parameter} AS {FullType})",
        "nchar" or "nvarchar" when Length > 0 => parameter,
        "char" or "varchar" when Length > 0 => $"CAST({parameter} COLLATE {Collation} AS varchar(8000))",
        "binary" or "varbinary" or "timestamp" when Length > 0 => parameter,
        _ => null,
    };

    /// <summary>The parameter <see cref="Value"/> speaks of.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">The value as a record shows it.</param>
    public SqlParameter Parameter(string name, string text) => Form != ColumnForm.Bytes
        ? new SqlParameter(name, SqlDbType.NVarChar) { Value = text }
        : Convert.TryFromBase64String(text, new byte[text.Length], out _) ? new SqlParameter(name, SqlDbType.VarBinary) { Value = Convert.FromBase64String(text) } : throw ResumeToken.Lost(null);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
