using System.Data;
using System.Data.SqlTypes;
using System.Globalization;
using System.Text.Json;
using DataSync.Extract.Connectors.SqlServer.Text;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>A tenant's query and the values of its parameters.</summary>
internal sealed record SqlServerQuery(SelectText Text, IReadOnlyDictionary<string, JsonElement> Values)
{
    /// <summary>Takes the query apart; each variable in it must have a value, and each value a variable.</summary>
    public static SqlServerQuery Of(ReadRequest request)
    {
        var text = SelectText.Read(request.Query!);
        if (request.Parameters.Keys.FirstOrDefault(p => !text.Variables.Contains(p)) is { } unused)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)));
        var known = request.Parameters.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (text.Variables.FirstOrDefault(v => !known.Contains(v)) is { } missing)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_missing", ("name", missing)));
        return new SqlServerQuery(text, request.Parameters);
    }

    /// <summary>A command for a text with these values, and more.</summary>
    public SqlCommand Command(SqlServerSession session, string sql, params IEnumerable<SqlParameter> more)
    {
        var command = session.Command(sql);
        foreach (var (name, value) in Values) command.Parameters.Add(Parameter($"@{name}", value));
        foreach (var parameter in more) command.Parameters.Add(parameter);
        return command;
    }

    /// <summary>One of its columns; it must be called exactly so, as a record will call it.</summary>
    public SqlServerColumn ColumnOf(SqlServerSession session, string field)
    {
        using var command = Command(session, Text.Within(" WHERE 1 = 0"));
        using var reader = command.ExecuteReader(CommandBehavior.SequentialAccess);
        return SqlServerRead.ColumnsOf(reader).FirstOrDefault(c => string.Equals(c.Name, field, StringComparison.Ordinal)) ?? throw SqlServerTable.UndefinedColumn();
    }

    /// <summary>A parameter's value as a literal of SQL Server's would be: whole numbers, decimals with their digits, floats where there is an exponent.</summary>
    private static SqlParameter Parameter(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => new SqlParameter(name, SqlDbType.NVarChar) { Value = DBNull.Value },
        JsonValueKind.True or JsonValueKind.False => new SqlParameter(name, SqlDbType.Bit) { Value = value.GetBoolean() },
        JsonValueKind.Number when value.TryGetInt32(out var integer) => new SqlParameter(name, SqlDbType.Int) { Value = integer },
        JsonValueKind.Number when value.TryGetInt64(out var large) => new SqlParameter(name, SqlDbType.BigInt) { Value = large },
        JsonValueKind.Number when value.GetRawText() is var text && text.AsSpan().IndexOfAny("eE") < 0 && text.Length <= 39 && Exact(text) is { } number
            => new SqlParameter(name, SqlDbType.Decimal) { Value = number, Precision = number.Precision, Scale = number.Scale },
        JsonValueKind.Number => new SqlParameter(name, SqlDbType.Float) { Value = value.GetDouble() },
        _ => new SqlParameter(name, SqlDbType.NVarChar, -1) { Value = QueryParameter.Text(value) },
    };

    private static SqlDecimal? Exact(string text)
    {
        try
        {
            return SqlDecimal.Parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? new SqlDecimal(number) : null;
        }
    }
}
