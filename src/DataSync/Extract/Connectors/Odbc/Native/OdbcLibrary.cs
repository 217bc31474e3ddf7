using System.Runtime.InteropServices;

namespace DataSync.Extract.Connectors.Odbc.Native;

/// <summary>
/// The functions of unixODBC's driver manager that reading needs, as ODBC 3.8 defines them. Text is UTF-16 where a name ends in W: <c>SQLWCHAR</c> has two
/// bytes here. For a driver without such functions the manager cuts each unit to its low byte, so text must not go to it that way: U+223B would become a semicolon.
/// </summary>
internal static unsafe partial class OdbcLibrary
{
    private const string Name = "libodbc.so.2";

    [LibraryImport(Name)]
    public static partial short SQLAllocHandle(short type, nint parent, out nint handle);

    [LibraryImport(Name)]
    public static partial short SQLFreeHandle(short type, nint handle);

    [LibraryImport(Name)]
    public static partial short SQLSetEnvAttr(OdbcHandle environment, int attribute, nint value, int length);

    [LibraryImport(Name)]
    public static partial short SQLSetConnectAttrW(OdbcHandle connection, int attribute, nint value, int length);

    [LibraryImport(Name)]
    public static partial short SQLSetStmtAttrW(OdbcHandle statement, int attribute, nint value, int length);

    [LibraryImport(Name)]
    public static partial short SQLConnectW(OdbcHandle connection, char* source, short sourceLength, char* user, short userLength, char* password, short passwordLength);

    [LibraryImport(Name)]
    public static partial short SQLDisconnect(nint connection);

    [LibraryImport(Name)]
    public static partial short SQLGetInfoW(OdbcHandle connection, ushort type, void* value, short bytes, short* written);

    [LibraryImport(Name)]
    public static partial short SQLGetDiagRecW(short type, OdbcHandle handle, short record, char* state, int* native, char* message, short length, short* written);

    [LibraryImport(Name)]
    public static partial short SQLPrepareW(OdbcHandle statement, char* text, int length);

    [LibraryImport(Name)]
    public static partial short SQLPrepare(OdbcHandle statement, byte* text, int length);

    [LibraryImport(Name)]
    public static partial short SQLExecute(OdbcHandle statement);

    [LibraryImport(Name)]
    public static partial short SQLExecDirectW(OdbcHandle statement, char* text, int length);

    [LibraryImport(Name)]
    public static partial short SQLGetCursorNameW(OdbcHandle statement, char* name, short length, short* written);

    [LibraryImport(Name)]
    public static partial short SQLCancel(OdbcHandle statement);

    [LibraryImport(Name)]
    public static partial short SQLFreeStmt(OdbcHandle statement, ushort option);

    [LibraryImport(Name)]
    public static partial short SQLEndTran(short type, OdbcHandle handle, short completion);

    [LibraryImport(Name)]
    public static partial short SQLNumResultCols(OdbcHandle statement, short* count);

    [LibraryImport(Name)]
    public static partial short SQLDescribeColW(
        OdbcHandle statement, ushort column, char* name, short length, short* written, short* type, nuint* size, short* digits, short* nullable);

    [LibraryImport(Name)]
    public static partial short SQLDescribeCol(OdbcHandle statement, ushort column, byte* name, short length, short* written, short* type, nuint* size, short* digits, short* nullable);

    [LibraryImport(Name)]
    public static partial short SQLColAttributeW(OdbcHandle statement, ushort column, ushort field, void* text, short bytes, short* written, nint* number);

    [LibraryImport(Name)]
    public static partial short SQLNumParams(OdbcHandle statement, short* count);

    [LibraryImport(Name)]
    public static partial short SQLDescribeParam(OdbcHandle statement, ushort number, short* type, nuint* size, short* digits, short* nullable);

    [LibraryImport(Name)]
    public static partial short SQLBindParameter(
        OdbcHandle statement, ushort number, short direction, short cType, short sqlType, nuint size, short digits, nint value, nint bytes, nint* indicator);

    [LibraryImport(Name)]
    public static partial short SQLBindCol(OdbcHandle statement, ushort column, short cType, nint target, nint bytes, nint indicator);

    [LibraryImport(Name)]
    public static partial short SQLFetch(OdbcHandle statement);

    [LibraryImport(Name)]
    public static partial short SQLSetPos(OdbcHandle statement, nuint row, ushort operation, ushort lockType);

    [LibraryImport(Name)]
    public static partial short SQLGetData(OdbcHandle statement, ushort column, short cType, void* target, nint bytes, nint* indicator);

    [LibraryImport(Name)]
    public static partial short SQLTablesW(
        OdbcHandle statement, char* catalog, short catalogLength, char* schema, short schemaLength, char* table, short tableLength, char* type, short typeLength);

    [LibraryImport(Name)]
    public static partial short SQLColumnsW(
        OdbcHandle statement, char* catalog, short catalogLength, char* schema, short schemaLength, char* table, short tableLength, char* column, short columnLength);

    [LibraryImport(Name)]
    public static partial short SQLPrimaryKeysW(OdbcHandle statement, char* catalog, short catalogLength, char* schema, short schemaLength, char* table, short tableLength);
}
