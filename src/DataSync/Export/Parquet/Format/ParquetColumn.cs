using System.Text;

namespace DataSync.Export.Parquet.Format;

/// <summary>A column of a file: its name and how its values are stored. Every column may be null.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="Type">What the values are.</param>
/// <param name="Precision">Digits of decimals.</param>
/// <param name="Scale">Those of them behind the point.</param>
internal sealed record ParquetColumn(string Name, ColumnType Type, int Precision = 0, int Scale = 0)
{
    /// <summary>Decimals of so many digits at most are 64-bit integers; longer ones take <see cref="WideBytes"/> bytes.</summary>
    public const int DigitsOfInt64 = 18;

    /// <summary>Bytes that hold 28 digits and a sign.</summary>
    public const int WideBytes = 12;

    public const int Boolean = 0, Int64 = 2, Double = 5, ByteArray = 6, FixedBytes = 7;

    /// <summary>The physical type's number in Parquet.</summary>
    public int Physical => Type switch
    {
        ColumnType.Boolean => Boolean,
        ColumnType.Int64 => Int64,
        ColumnType.Double => Double,
        ColumnType.Decimal => IsWide ? FixedBytes : Int64,
        _ => ByteArray,
    };

    /// <summary>Whether the values are decimals that no 64-bit integer holds.</summary>
    public bool IsWide => Type == ColumnType.Decimal && Precision > DigitsOfInt64;

    /// <summary>The column as an element of the schema.</summary>
    public void WriteSchema(ThriftWriter thrift)
    {
        const int optional = 1, utf8 = 0, isDecimal = 5, logicalText = 1, logicalDecimal = 5;
        thrift.BeginElement();
        thrift.Int32(1, Physical);
        if (IsWide) thrift.Int32(2, WideBytes);
        thrift.Int32(3, optional);
        thrift.Binary(4, Encoding.UTF8.GetBytes(Name));
        if (Physical == ByteArray)
        {
            thrift.Int32(6, utf8);
            thrift.Begin(10);
            thrift.Begin(logicalText);
            thrift.End();
            thrift.End();
        }
        else if (Type == ColumnType.Decimal)
        {
            thrift.Int32(6, isDecimal);
            thrift.Int32(7, Scale);
            thrift.Int32(8, Precision);
            thrift.Begin(10);
            thrift.Begin(logicalDecimal);
            thrift.Int32(1, Scale);
            thrift.Int32(2, Precision);
            thrift.End();
            thrift.End();
        }

        thrift.End();
    }
}
