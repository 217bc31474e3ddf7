namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>Asks a source's server something of ours; what is asked is never a tenant's text. Rows come as text, null for null.</summary>
/// <param name="sql">The question.</param>
/// <param name="values">Of its parameters, in order.</param>
/// <param name="ct">Gives up.</param>
internal delegate Task<List<string?[]>> AskServer(string sql, IReadOnlyList<string> values, CancellationToken ct);

/// <summary>A server that can be asked, and how it wants to be.</summary>
/// <param name="Dialect">Its SQL.</param>
/// <param name="Ask">Asks it. In a session for looks each question sees what is committed by then; beside a reading all see what the reading sees.</param>
internal sealed record ChangeLogSession(ChangeLogDialect Dialect, AskServer Ask);
