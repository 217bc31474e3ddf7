using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>A tenant's query, with <c>?</c> for its parameters and their values.</summary>
internal sealed record MySqlQuery(string Sql, IReadOnlyList<object?> Values)
{
    /// <summary>What the server must be able to understand too, so that the text can be nothing but a query: nothing else can stand there, not even one that puts its rows into a file or a variable.</summary>
    public string Proof => $"SELECT EXISTS (\n{Sql}\n)";

    /// <summary>Finds the parameters; each must have a value, and each value a parameter.</summary>
    public static MySqlQuery Of(ReadRequest request, SqlLexing lexing)
    {
        var (sql, names) = NamedParameters.Bind(request.Query!, request.Parameters.Keys.ToHashSet(StringComparer.Ordinal), lexing);
        return request.Parameters.Keys.FirstOrDefault(p => !names.Contains(p)) is { } unused
            ? throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)))
            : new MySqlQuery(sql, [.. names.Select(n => Value(request.Parameters[n]))]);
    }

    /// <summary>
    /// The query within another. What is written around it proves nothing of it, so it must be understood by itself as well.
    /// </summary>
    /// <param name="before">What stands before its parenthesis.</param>
    /// <param name="behind">What stands behind it.</param>
    /// <param name="values">Of the <c>?</c> behind it.</param>
    public MySqlText Within(string before, string behind, params IEnumerable<object?> values) => new($"{before} (\n{Sql}\n) AS w{behind}", [Proof, Sql], [.. Values, .. values]);

    /// <summary>What the values of one of its columns come in; the column must be called exactly so, as a record will call it.</summary>
    public async Task<ColumnForm> FormAsync(MySqlSession session, string field, CancellationToken ct)
    {
        await using var command = await session.PrepareAsync(Within("SELECT * FROM", " LIMIT 0"), null, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        foreach (var column in await reader.GetColumnSchemaAsync(ct))
        {
            if (string.Equals(column.ColumnName, field, StringComparison.Ordinal)) return MySqlColumn.FormOf(((MySqlDbColumn)column).ProviderType);
        }

        throw MySqlTable.UndefinedColumn();
    }

    /// <summary>A parameter's value as a literal of MySQL's would be: whole numbers, decimals with their digits, doubles where there is an exponent.</summary>
    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.Number when value.TryGetInt64(out var integer) => integer,
        JsonValueKind.Number when value.TryGetUInt64(out var unsigned) => unsigned,
        JsonValueKind.Number when value.GetRawText().AsSpan().IndexOfAny("eE") < 0 && decimal.TryParse(value.GetRawText(), NumberStyles.Number, CultureInfo.InvariantCulture, out var number) => number,
        JsonValueKind.Number => value.GetDouble(),
        _ => QueryParameter.Text(value),
    };
}

/// <summary>A text for the server to prepare.</summary>
/// <param name="Sql">The text.</param>
/// <param name="Proofs">Texts that it must be able to prepare as well.</param>
/// <param name="Values">Of the text's <c>?</c>.</param>
internal sealed record MySqlText(string Sql, IReadOnlyList<string> Proofs, IReadOnlyList<object?> Values);
