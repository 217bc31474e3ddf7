using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// A read, ready to run. The text goes to the server as a value, and the server itself makes a statement of it (<c>PREPARE … FROM @text</c>), which it does for
/// exactly one. A tenant's must first be understood within <c>SELECT EXISTS (…)</c> too: nothing but a query can stand there, not even one that puts its
/// rows into a file or a variable. What both accept is one SELECT, whatever it holds. It then runs as it stands, so that its order and its columns' names are its own.
/// </summary>
internal sealed record MySqlStatement(MySqlCommand Command, IReadOnlyList<ColumnForm>? Forms, MySqlTable? Table) : IAsyncDisposable
{
    private const string Text = "@datasync_text", Proof = "@datasync_proof";

    /// <summary>The text itself and its values, where it can also be sent as it is; null where that could be understood in two ways.</summary>
    private (string Sql, IReadOnlyList<object?> Values)? Plain { get; init; }

    /// <summary>Has the server prepare what is asked for.</summary>
    public static async Task<MySqlStatement> PrepareAsync(MySqlSession session, ReadRequest request, CancellationToken ct)
    {
        if (request.Table is { } name)
        {
            var table = await MySqlTable.FindAsync(session, name, ct);
            var token = ResumeToken.Read(request.ResumeToken.Span, table.QuotedName, [.. table.Key.Select(c => c.Name)], table.KeyTypes);
            var (select, keys) = table.Select(token, request.RowLimit);
            return new MySqlStatement(await PrepareAsync(session, select, null, keys, null, ct), [.. table.Columns.Select(c => c.Form)], table);
        }

        if (!request.ResumeToken.IsEmpty) throw ResumeToken.Lost(null);
        var (sql, names) = NamedParameters.Bind(request.Query!, request.Parameters.Keys.ToHashSet(StringComparer.Ordinal), session.Lexing);
        if (request.Parameters.Keys.FirstOrDefault(p => !names.Contains(p)) is { } unused)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)));
        var values = names.Select(n => Value(request.Parameters[n])).ToList();
        return new MySqlStatement(await PrepareAsync(session, sql, $"SELECT EXISTS (\n{sql}\n)", values, request.RowLimit, ct), null, null)
        {
            Plain = sql.AsSpan().IndexOfAny(";@") < 0 && !sql.Contains("/*", StringComparison.Ordinal) ? (sql, values) : null,
        };
    }

    /// <summary>
    /// The same statement by the protocol's own prepared statements, whose rows are binary: the text of a FLOAT has six digits, its bytes all of them. The driver
    /// takes a text apart at its semicolons before it sends it, so one that has any, or anything the driver may read otherwise than the server, is not sent so.
    /// </summary>
    public async Task<MySqlStatement> BinaryAsync(MySqlSession session, CancellationToken ct)
    {
        if (Plain is not var (sql, values)) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.float_column"));
        var command = session.Command(sql);
        foreach (var value in values) command.Parameters.Add(new MySqlParameter { Value = value ?? DBNull.Value });
        await command.PrepareAsync(ct);
        return this with { Command = command };
    }

    public ValueTask DisposeAsync() => Command.DisposeAsync();

    private static async Task<MySqlCommand> PrepareAsync(
        MySqlSession session, string sql, string? proof, IReadOnlyList<object?> values, long? rowLimit, CancellationToken ct)
    {
        List<(string, object?)> variables = [(Text, sql), .. values.Select((v, i) => (Variable(i), v))];
        if (proof is not null) variables.Add((Proof, proof));
        await session.AssignAsync(variables, ct);
        var limit = rowLimit is { } rows ? string.Create(CultureInfo.InvariantCulture, $"SET SESSION sql_select_limit = {rows};") : "";
        await using (var prepare = session.Command($"{(proof is null ? "" : $"PREPARE datasync FROM {Proof};")}{limit}PREPARE datasync FROM {Text}"))
            await prepare.ExecuteNonQueryAsync(ct);
        return session.Command(values.Count == 0 ? "EXECUTE datasync" : $"EXECUTE datasync USING {string.Join(", ", values.Select((_, i) => Variable(i)))}");
    }

    private static string Variable(int i) => string.Create(CultureInfo.InvariantCulture, $"@datasync_{i}");

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
