namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>The types ODBC has, in SQL and as buffers of C.</summary>
internal static class SqlType
{
    public const short Char = 1, Numeric = 2, Decimal = 3, Integer = 4, SmallInt = 5, Float = 6, Real = 7, Double = 8, VarChar = 12;
    public const short Date = 91, Time = 92, Timestamp = 93;
    public const short LongVarChar = -1, Binary = -2, VarBinary = -3, LongVarBinary = -4, BigInt = -5, TinyInt = -6, Bit = -7, WChar = -8, WVarChar = -9, WLongVarChar = -10, Guid = -11;

    public const short CChar = 1, CWChar = -8, CBinary = -2, CBit = -7, CDouble = 8, CFloat = 7, CSBigInt = -25, CUBigInt = -27, CDate = 91, CTimestamp = 93;

    public static bool IsText(short type) => type is Char or VarChar or LongVarChar or WChar or WVarChar or WLongVarChar;

    public static bool IsBinary(short type) => type is Binary or VarBinary or LongVarBinary;

    public static bool IsWhole(short type) => type is TinyInt or SmallInt or Integer or BigInt;

    public static bool IsExact(short type) => type is Decimal or Numeric;

    public static bool IsFloating(short type) => type is Real or Float or Double;
}
