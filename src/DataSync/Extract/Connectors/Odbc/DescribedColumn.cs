using System.Text;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Json;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A column as the driver describes it.</summary>
/// <param name="Name">Its member's name.</param>
/// <param name="Type">ODBC's type.</param>
/// <param name="TypeName">The server's own name of the type, where the driver has it.</param>
/// <param name="Size">Length in characters, bytes or digits; 0 where the driver does not know.</param>
/// <param name="IsUnsigned">True for a number without sign.</param>
internal sealed record DescribedColumn(string Name, short Type, string TypeName, long Size, bool IsUnsigned)
{
    private const int LongestName = 512;

    /// <summary>The columns of a prepared statement, with names fit for one object. <paramref name="utf8"/>: the driver gives names in UTF-8 alone.</summary>
    public static unsafe IReadOnlyList<DescribedColumn> All(StatementHandle statement, bool utf8)
    {
        short count;
        Diagnostics.Check(OdbcLibrary.SQLNumResultCols(statement, &count), statement);
        List<DescribedColumn> columns = [.. Enumerable.Range(1, count).Select(c => Of(statement, (ushort)c, utf8))];
        var names = FieldNames.Unique(columns.ConvertAll(c => c.Name));
        return [.. columns.Select((c, i) => c with { Name = names[i] })];
    }

    /// <summary>The name that a column, counted from 0, has in its table; empty for what is computed.</summary>
    public static unsafe string Origin(StatementHandle statement, int column)
    {
        var name = stackalloc char[LongestName];
        short length;
        var code = OdbcLibrary.SQLColAttributeW(statement, (ushort)(column + 1), OdbcCode.FieldBaseColumn, name, LongestName * sizeof(char), &length, null);
        return code is OdbcCode.Success or OdbcCode.SuccessWithInfo ? new string(name, 0, Math.Clamp(length / sizeof(char), 0, LongestName - 1)) : "";
    }

    private static unsafe DescribedColumn Of(StatementHandle statement, ushort number, bool utf8)
    {
        var name = stackalloc char[LongestName];
        var typeName = stackalloc char[128];
        short nameLength, type, digits, nullable, typeLength;
        nuint size;
        nint unsigned;
        Diagnostics.Check(
            utf8
                ? OdbcLibrary.SQLDescribeCol(statement, number, (byte*)name, LongestName, &nameLength, &type, &size, &digits, &nullable)
                : OdbcLibrary.SQLDescribeColW(statement, number, name, LongestName, &nameLength, &type, &size, &digits, &nullable),
            statement);
        var length = Math.Clamp((int)nameLength, 0, LongestName - 1);
        var isNamed = OdbcLibrary.SQLColAttributeW(statement, number, OdbcCode.FieldTypeName, typeName, 256, &typeLength, null) is OdbcCode.Success or OdbcCode.SuccessWithInfo;
        var isSigned = OdbcLibrary.SQLColAttributeW(statement, number, OdbcCode.FieldUnsigned, null, 0, null, &unsigned) is not (OdbcCode.Success or OdbcCode.SuccessWithInfo) || unsigned == 0;
        return new DescribedColumn(
            utf8 ? Encoding.UTF8.GetString((byte*)name, length) : new string(name, 0, length), type, isNamed ? new string(typeName, 0, Math.Clamp(typeLength / 2, 0, 127)) : "", (long)size, !isSigned);
    }
}
