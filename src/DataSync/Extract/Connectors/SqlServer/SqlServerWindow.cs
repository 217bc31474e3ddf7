using System.Data;
using System.Data.SqlTypes;
using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>
/// What stands behind a SELECT from something called <c>w</c> so that it gives the rows between two values of a column, in its order, which has nulls first. The column stands
/// bare, so that an index on it serves; the values travel beside the text and are of the column's type, so that a time is never compared as text.
/// </summary>
internal static class SqlServerWindow
{
    /// <summary>Condition and order, with the values of its parameters.</summary>
    /// <param name="window">The bounds.</param>
    /// <param name="form">What the column's values come in.</param>
    /// <param name="type">The column's bare type.</param>
    public static (string Sql, IReadOnlyList<SqlParameter> Values) Of(CursorWindow window, ColumnForm form, string type)
    {
        var column = $"w.{SqlServerName.Quote(window.Field)}";
        List<SqlParameter> values = [];
        List<string> conditions = [];
        if (window.From is { } from) conditions.Add($"{column} >= {Value("@datasync_from", from)}");
        if (window.To is { } to) conditions.Add($"{column} < {Value("@datasync_to", to)}");
        var between = conditions.Count == 0 ? $"{column} IS NOT NULL" : string.Join(" AND ", conditions);
        var where = window.Nulls ? conditions.Count == 0 ? "" : $" WHERE ({between}) OR {column} IS NULL" : $" WHERE {between}";
        return ($"{where} ORDER BY {column}", values);

        string Value(string name, JsonElement value)
        {
            values.Add(Parameter(name, QueryParameter.Text(value) ?? "", form));
            return form switch
            {
                // a moment of datetime is a third of 10 ms, whatever digits it shows: only as its own type it is equal to itself
                ColumnForm.DateTime when type is "datetime" => $"CAST(CAST({name} AS datetime2(7)) AS datetime)",
                ColumnForm.Date or ColumnForm.DateTime => $"CAST({name} AS datetime2(7))",
                ColumnForm.DateTimeOffset => $"CAST({name} AS datetimeoffset(7))",
                ColumnForm.Time => $"CAST({name} AS time(7))",
                ColumnForm.Guid => $"CAST({name} AS uniqueidentifier)",
                ColumnForm.Float => $"CAST({name} AS real)",
                _ => name,
            };
        }
    }

    /// <summary>A value as a record shows it, as one the server takes for the column's own.</summary>
    private static SqlParameter Parameter(string name, string text, ColumnForm form)
    {
        switch (form)
        {
            case ColumnForm.Byte or ColumnForm.Short or ColumnForm.Integer or ColumnForm.Long:
                // a whole number is at or above a fraction where it is at or above the next one; and only compared with whole ones an index serves
                return new SqlParameter(name, SqlDbType.BigInt) { Value = (long)decimal.Clamp(decimal.Ceiling(Number(text).Value), long.MinValue, long.MaxValue) };
            case ColumnForm.Bit or ColumnForm.Decimal or ColumnForm.Money:
                var number = Number(text);
                return new SqlParameter(name, SqlDbType.Decimal) { Value = number, Precision = number.Precision, Scale = number.Scale };
            case ColumnForm.Float or ColumnForm.Double:
                return new SqlParameter(name, SqlDbType.Float) { Value = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : throw Unfit() };
            case ColumnForm.Bytes:
                var bytes = new byte[text.Length];
                return new SqlParameter(name, SqlDbType.VarBinary) { Value = Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : throw Unfit() };
            case ColumnForm.Date or ColumnForm.DateTime:
                return new SqlParameter(name, SqlDbType.NVarChar) { Value = Time(text) };
            case ColumnForm.DateTimeOffset:
                return new SqlParameter(name, SqlDbType.NVarChar) { Value = Moment(text).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffK", CultureInfo.InvariantCulture) };
            case ColumnForm.Json or ColumnForm.Variant:
                throw Unfit();
            default:
                return new SqlParameter(name, SqlDbType.NVarChar) { Value = text };
        }
    }

    private static SqlDecimal Number(string text)
    {
        try
        {
            return SqlDecimal.Parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? new SqlDecimal(number) : throw Unfit();
        }
    }

    /// <summary>A time without offset, to 100 ns; one with an offset is taken for its moment in UTC, as a sync's own bounds are.</summary>
    private static string Time(string text)
        => DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) ? time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture) : throw Unfit();

    private static DateTimeOffset Moment(string text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : throw Unfit();

    private static SyncFailureException Unfit() => new(SyncFailure.Permanent("errors.extraction.data", ("sqlstate", "241")));
}
