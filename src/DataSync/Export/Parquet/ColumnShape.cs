using DataSync.Export.Parquet.Format;

namespace DataSync.Export.Parquet;

/// <summary>What the values of a column have in common, and so the type that gives each of them back.</summary>
internal sealed class ColumnShape
{
    /// <summary>Digits that <see cref="decimal"/> holds whatever they are.</summary>
    private const int MostDigits = 28;

    private bool _hasBooleans, _hasNumbers, _hasTexts, _hasNested;
    private bool _areInt64 = true, _areDecimals = true, _areDoubles = true;
    private int _scale = -1;
    private int _integerDigits;

    /// <summary>Digits behind the point of every number, where the type is <see cref="ColumnType.Decimal"/>.</summary>
    public int Scale => _scale;

    /// <summary>Digits of a decimal column: one of two widths, so that a schema changes rarely from export to export.</summary>
    public int Precision => _integerDigits + _scale <= ParquetColumn.DigitsOfInt64 ? ParquetColumn.DigitsOfInt64 : MostDigits;

    /// <summary>The type. A column without values is text.</summary>
    public ColumnType Type => (_hasBooleans, _hasNumbers, _hasTexts, _hasNested) switch
    {
        (true, false, false, false) => ColumnType.Boolean,
        (false, true, false, false) => NumberType,
        (false, false, _, false) => ColumnType.Text,
        _ => ColumnType.Json,
    };

    private ColumnType NumberType => _areInt64 ? ColumnType.Int64
        : _areDecimals && _integerDigits + _scale <= MostDigits ? ColumnType.Decimal
        : _areDoubles ? ColumnType.Double
        : ColumnType.Json;

    /// <summary>Whether numbers are doubles, as far as they are known: no decimals, and every one of them what its nearest double is written as.</summary>
    public bool TakesDoubles => _areDoubles && !_areDecimals;

    public void AddBoolean() => _hasBooleans = true;

    public void AddText() => _hasTexts = true;

    public void AddNested() => _hasNested = true;

    /// <summary>Adds a number that is spelled as its double is.</summary>
    public void AddDouble() => (_hasNumbers, _areInt64) = (true, false);

    /// <summary>Adds a number.</summary>
    /// <param name="literal">Its digits as they stand.</param>
    /// <param name="isInt64">Whether it is a 64-bit integer whose digits follow from its value.</param>
    public void AddNumber(ReadOnlySpan<byte> literal, bool isInt64)
    {
        _hasNumbers = true;
        if (!isInt64) _areInt64 = false;
        if (_areDecimals)
        {
            if (NumberText.TryFixedPoint(literal, out var integerDigits, out var scale) && (_scale < 0 || _scale == scale))
                (_scale, _integerDigits) = (scale, Math.Max(_integerDigits, integerDigits));
            else _areDecimals = false;
        }

        if (_areDoubles && !NumberText.IsDouble(literal)) _areDoubles = false;
    }
}

/// <summary>Types of columns.</summary>
internal enum ColumnType
{
    Boolean,
    Int64,

    /// <summary>Numbers with equally many digits behind the point.</summary>
    Decimal,

    /// <summary>Numbers that are what the nearest double is written as.</summary>
    Double,
    Text,

    /// <summary>JSON text of each value as it stands: what fits no other type.</summary>
    Json,
}
