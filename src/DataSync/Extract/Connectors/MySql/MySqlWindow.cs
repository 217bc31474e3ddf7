using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Incremental;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// What stands behind a SELECT from something called <c>w</c> so that it gives the rows between two values of a column, in its order, which has nulls first. The
/// column stands bare, so that an index on it serves; the values travel beside the text and are made of the column's type, so that a time is never compared as text.
/// </summary>
internal static class MySqlWindow
{
    private static readonly SearchValues<char> OfNumbers = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> OfTimes = SearchValues.Create("0123456789-:. T");

    /// <summary>Condition and order, with the values of its <c>?</c>.</summary>
    /// <param name="window">The bounds.</param>
    /// <param name="form">What the column's values come in.</param>
    public static (string Sql, IReadOnlyList<object> Values) Of(CursorWindow window, ColumnForm form)
    {
        var column = $"w.{MySqlName.Quote(window.Field)}";
        List<object> values = [];
        List<string> conditions = [];
        if (window.From is { } from) conditions.Add($"{column} >= {Parameter(from)}");
        if (window.To is { } to) conditions.Add($"{column} < {Parameter(to)}");
        var between = conditions.Count == 0 ? $"{column} IS NOT NULL" : string.Join(" AND ", conditions);
        var where = window.Nulls ? conditions.Count == 0 ? "" : $" WHERE ({between}) OR {column} IS NULL" : $" WHERE {between}";
        return ($"{where} ORDER BY {column}", values);

        string Parameter(JsonElement value)
        {
            values.Add(Value(value, form));
            return form switch
            {
                _ when values[^1] is string && IsExact(form) => $"CAST(? AS DECIMAL(65, {Places(value)}))",
                ColumnForm.Date or ColumnForm.RawDate or ColumnForm.DateTime or ColumnForm.RawDateTime or ColumnForm.Timestamp or ColumnForm.RawTimestamp => "CAST(? AS DATETIME(6))",
                ColumnForm.Time or ColumnForm.RawTime => "CAST(? AS TIME(6))",
                ColumnForm.Bytes => "FROM_BASE64(?)",
                _ => "?",
            };
        }
    }

    /// <summary>A value as a record shows it, as one the server takes for the column's own.</summary>
    private static object Value(JsonElement value, ColumnForm form)
    {
        var text = QueryParameter.Text(value) ?? "";
        return form switch
        {
            ColumnForm.Integer or ColumnForm.Long or ColumnForm.Unsigned or ColumnForm.Decimal or ColumnForm.RawNumber
                => CursorNumber.TryRead(Encoding.UTF8.GetBytes(text), isPlain: false, out var number) ? number : text.Trim('-').AsSpan().ContainsAnyExcept(OfNumbers) ? throw Unfit() : text,

            // a FLOAT is what it is as a double, which the digits of its text are not
            ColumnForm.Float or ColumnForm.WidenedFloat => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var small) ? (double)small : throw Unfit(),
            ColumnForm.Double => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var large) ? large : throw Unfit(),
            ColumnForm.Date or ColumnForm.RawDate or ColumnForm.DateTime or ColumnForm.RawDateTime or ColumnForm.Timestamp or ColumnForm.RawTimestamp => Time(text),
            _ => text,
        };
    }

    /// <summary>
    /// A moment in UTC, as the session is, without the Z or offset that not every server reads, and to the microsecond. The server makes a null of what is no time, and
    /// nothing lies above or below a null, so what cannot be one is refused here.
    /// </summary>
    private static string Time(string text)
    {
        if (text.EndsWith('Z')) text = text[..^1];
        else if (text.Length > 19 && text.AsSpan(19).IndexOfAny('+', '-') >= 0 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment))
            text = moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point > 0 && text.Length > point + 7) text = text[..(point + 7)];
        return text.Length >= 10 && text.AsSpan().IndexOfAnyExcept(OfTimes) < 0 ? text : throw Unfit();
    }

    private static bool IsExact(ColumnForm form) => form is ColumnForm.Integer or ColumnForm.Long or ColumnForm.Unsigned or ColumnForm.Decimal or ColumnForm.RawNumber;

    /// <summary>Digits behind the point, 30 at most, as the server has them.</summary>
    private static int Places(JsonElement value)
        => QueryParameter.Text(value)!.IndexOf('.', StringComparison.Ordinal) is var point and >= 0 ? Math.Min(30, QueryParameter.Text(value)!.Length - point - 1) : 0;

    private static SyncFailureException Unfit() => new(SyncFailure.Permanent("errors.extraction.data", ("sqlstate", "22007")));
}
