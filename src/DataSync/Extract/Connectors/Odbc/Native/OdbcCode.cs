namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>Numbers of the ODBC interface.</summary>
internal static class OdbcCode
{
    public const short Success = 0, SuccessWithInfo = 1, NoData = 100, NeedData = 99, InvalidHandle = -2;

    public const short HandleEnvironment = 1, HandleConnection = 2, HandleStatement = 3;

    /// <summary>Attributes of the environment and of a connection, and their values.</summary>
    public const int OdbcVersion = 200, Version380 = 380, AccessMode = 101, AccessReadOnly = 1, Autocommit = 102, AutocommitOff = 0, LoginTimeout = 103, TxnIsolation = 108;

    /// <summary>Attributes of a statement.</summary>
    public const int CursorType = 6, RowBindType = 5, NoScan = 2, RowStatusPointer = 25, RowsFetchedPointer = 26, RowArraySize = 27;

    public const int IsUInteger = -5, IsInteger = -6, IsPointer = -4;

    /// <summary>What <c>SQLGetInfo</c> is asked for.</summary>
    public const ushort InfoDriverName = 6, InfoDbmsName = 17, InfoDbmsVersion = 18, InfoQuoteCharacter = 29, InfoGetDataExtensions = 81;

    /// <summary>Bits of <see cref="InfoGetDataExtensions"/>: any row of a block, and bound columns too.</summary>
    public const int GetDataBlock = 4, GetDataBound = 8;

    public const ushort FieldUnsigned = 8, FieldTypeName = 14, FieldBaseColumn = 22;

    public const ushort CloseCursor = 0, ResetParameters = 3, Position = 0, LockNoChange = 0;

    public const short Rollback = 1, ParameterInput = 1;

    /// <summary>A text's length where it ends with NUL. Where the manager converts text for a driver, lengths that are told come out wrong.</summary>
    public const short ToItsEnd = -3;

    public const nint NullData = -1, NoTotal = -4;

    public const ushort RowError = 5;
}
