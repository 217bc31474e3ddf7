using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using DataSync.Extract.Connectors.Odbc.Native;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A value that travels beside the statement: its exact text, null for NULL, and the type it is bound as where the driver does not tell one.</summary>
internal sealed record ParameterValue(string? Text, short Type)
{
    /// <summary>A value of <c>parameters</c>: a string is text, a whole number an integer, <c>true</c> 1.</summary>
    public static ParameterValue Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out _) => new ParameterValue(value.GetRawText(), SqlType.BigInt),
        JsonValueKind.Number => new ParameterValue(value.GetRawText(), SqlType.Double),
        JsonValueKind.True => new ParameterValue("true", SqlType.Bit),
        JsonValueKind.False => new ParameterValue("false", SqlType.Bit),
        _ => new ParameterValue(QueryParameter.Text(value), SqlType.WVarChar),
    };
}

/// <summary>Values bound to a statement. The driver reads them when it executes, so they live as long as it may.</summary>
internal sealed unsafe class ParameterValues(IReadOnlyList<ParameterValue> values) : IDisposable
{
    private readonly List<nint> _memory = [];

    /// <summary>Binds all values; <paramref name="described"/> has the driver say which type each has.</summary>
    public void Bind(StatementHandle statement, bool described)
    {
        for (var i = 0; i < values.Count; i++) Bind(statement, (ushort)(i + 1), values[i], described);
    }

    public void Dispose()
    {
        foreach (var memory in _memory) NativeMemory.Free((void*)memory);
        _memory.Clear();
    }

    private void Bind(StatementHandle statement, ushort number, ParameterValue value, bool described)
    {
        var (type, digits) = (value.Type, (short)0);
        if (described)
        {
            short foundType, foundDigits, nullable;
            nuint size;
            Diagnostics.Check(OdbcLibrary.SQLDescribeParam(statement, number, &foundType, &size, &foundDigits, &nullable), statement);
            (type, digits) = (foundType, foundDigits);
        }

        if (value.Text is not { } text) Bind(statement, number, SqlType.CWChar, type, digits, [], isNull: true);
        else if (!described && type is SqlType.BigInt or SqlType.Bit) Bind(statement, number, SqlType.CSBigInt, SqlType.BigInt, 0, BitConverter.GetBytes(Whole(text)));
        else if (!described && type == SqlType.Double) Bind(statement, number, SqlType.CDouble, type, 0, BitConverter.GetBytes(double.Parse(text, CultureInfo.InvariantCulture)));
        else Bind(statement, number, SqlType.CWChar, type, digits, MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static long Whole(string text) => text switch
    {
        "true" => 1,
        "false" => 0,
        _ => long.Parse(text, CultureInfo.InvariantCulture),
    };

    private void Bind(StatementHandle statement, ushort number, short cType, short sqlType, short digits, ReadOnlySpan<byte> value, bool isNull = false)
    {
        // the length first, then the value and what ends a text
        var memory = (byte*)NativeMemory.AllocZeroed((nuint)(sizeof(nint) + value.Length + sizeof(char)));
        _memory.Add((nint)memory);
        *(nint*)memory = isNull ? OdbcCode.NullData : value.Length;
        value.CopyTo(new Span<byte>(memory + sizeof(nint), value.Length));
        var size = (nuint)Math.Max(1, cType == SqlType.CWChar ? value.Length / sizeof(char) : value.Length);
        Diagnostics.Check(
            OdbcLibrary.SQLBindParameter(
                statement, number, OdbcCode.ParameterInput, cType, sqlType, size, digits, (nint)(memory + sizeof(nint)), value.Length + sizeof(char), (nint*)memory),
            statement);
    }
}
