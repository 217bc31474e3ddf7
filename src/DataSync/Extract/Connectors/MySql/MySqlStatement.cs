using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>
/// A read, ready to run. The text goes to the server as a value, and the server itself makes a statement of it (<c>PREPARE … FROM @text</c>), which it does for
/// exactly one. A tenant's must first be understood within <c>SELECT EXISTS (…)</c> too. What both accept is one SELECT, whatever it holds. It then runs as it
/// stands, so that its order and its columns' names are its own; only a window of it stands within another.
/// </summary>
internal sealed record MySqlStatement(MySqlCommand Command, IReadOnlyList<ColumnForm>? Forms, MySqlTable? Table) : IAsyncDisposable
{
    /// <summary>The text itself and its values, where it can also be sent as it is; null where that could be understood in two ways.</summary>
    private MySqlText? Plain { get; init; }

    /// <summary>Has the server prepare what is asked for.</summary>
    public static async Task<MySqlStatement> PrepareAsync(MySqlSession session, ReadRequest request, CancellationToken ct)
    {
        if (request.Table is { } name) return await OfTableAsync(session, await MySqlTable.FindAsync(session, name, ct), request, ct);
        if (!request.ResumeToken.IsEmpty) throw ResumeToken.Lost(null);
        var query = MySqlQuery.Of(request, session.Lexing);
        var text = new MySqlText(query.Sql, [query.Proof], query.Values);
        if (request.Window is { } window)
        {
            var (behind, values) = MySqlWindow.Of(window, await query.FormAsync(session, window.Field, ct));
            text = query.Within("SELECT * FROM", behind, values);
        }

        return new MySqlStatement(await session.PrepareAsync(text, request.RowLimit, ct), null, null)
        {
            Plain = text.Sql.AsSpan().IndexOfAny(";@") < 0 && !text.Sql.Contains("/*", StringComparison.Ordinal) ? text : null,
        };
    }

    /// <summary>
    /// The same statement by the protocol's own prepared statements, whose rows are binary: the text of a FLOAT has six digits, its bytes all of them. The driver
    /// takes a text apart at its semicolons before it sends it, so one that has any, or anything the driver may read otherwise than the server, is not sent so.
    /// </summary>
    public async Task<MySqlStatement> BinaryAsync(MySqlSession session, CancellationToken ct)
    {
        if (Plain is null) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.float_column"));
        var command = session.Command(Plain.Sql);
        foreach (var value in Plain.Values) command.Parameters.Add(new MySqlParameter { Value = value ?? DBNull.Value });
        await command.PrepareAsync(ct);
        return this with { Command = command };
    }

    public ValueTask DisposeAsync() => Command.DisposeAsync();

    /// <summary>A window comes in the order of its column, so it knows no place along the key.</summary>
    private static async Task<MySqlStatement> OfTableAsync(MySqlSession session, MySqlTable table, ReadRequest request, CancellationToken ct)
    {
        var forms = table.Columns.Select(c => c.Form).ToList();
        if (request.Window is { } window)
        {
            var (behind, values) = MySqlWindow.Of(window, table.Column(window.Field).Form);
            return new MySqlStatement(await session.PrepareAsync(new MySqlText(table.Select(behind, request.RowLimit), [], [.. values]), null, ct), forms, table with { Key = [] });
        }

        var token = ResumeToken.Read(request.ResumeToken.Span, table.QuotedName, [.. table.Key.Select(c => c.Name)], table.KeyTypes);
        var (select, keys) = table.Select(token, request.RowLimit);
        return new MySqlStatement(await session.PrepareAsync(new MySqlText(select, [], keys), null, ct), forms, table);
    }
}
