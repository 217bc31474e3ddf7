using System.Globalization;
using DataSync.Extract.Connectors.MySql.Relay;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Failures;
using MySqlConnector;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>An open connection to a tenant's database. Whatever happens in it is undone: it never commits.</summary>
internal sealed class MySqlSession(MySqlConnection connection, MySqlRelay relay, ServerParameters source, TimeSpan statementTimeout, TimeProvider time) : IAsyncDisposable
{
    private const int LockSeconds = 10;
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);
    private const string Text = "@datasync_text", Proof = "@datasync_proof";

    /// <summary>True for MariaDB, whose settings have other names.</summary>
    public bool IsMariaDb { get; } = connection.ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why the relay ended it, where it did; the driver sees only that it ended.</summary>
    public Exception? Failure => relay.Failure;

    /// <summary>The server's version as it names it.</summary>
    public string Version => connection.ServerVersion;

    /// <summary>How the session reads quotes and backslashes; known once it began.</summary>
    public SqlLexing Lexing { get; private set; }

    /// <summary>
    /// Begins the one transaction of the session: one snapshot, nothing writable, no statement longer than allowed, and times in UTC. <c>sql_mode</c>
    /// stays as the server has it: it changes what a statement means. A reader that pauses must not be taken for one that is gone.
    /// </summary>
    public Task BeginAsync(CancellationToken ct)
        => SetAsync("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", ct);

    /// <summary>Instead of <see cref="BeginAsync"/>: each statement is a read-only transaction of its own, and sees what was committed meanwhile.</summary>
    public Task PrepareForLooksAsync(CancellationToken ct) => SetAsync("SET SESSION TRANSACTION READ ONLY", ct);

    private async Task SetAsync(string begin, CancellationToken ct)
    {
        var seconds = Math.Max(statementTimeout.TotalSeconds, 0.001);
        var limit = IsMariaDb ? Invariant($"max_statement_time = {seconds:0.######}") : Invariant($"max_execution_time = {(long)Math.Ceiling(seconds * 1000)}");
        var patience = (long)Math.Min(seconds + 60, 31_536_000);
        await using var command = Command(Invariant(
            $"""
            SET SESSION time_zone = '+00:00', lock_wait_timeout = {LockSeconds}, net_write_timeout = {patience}, {limit};
            {begin};
            SELECT @@SESSION.sql_mode
            """));
        Lexing = SqlLexing.Of((string?)await command.ExecuteScalarAsync(ct) ?? "");
    }

    /// <summary>A command for a text of ours; a tenant's goes to the server as a value.</summary>
    public MySqlCommand Command(string sql) => new(sql, connection);

    /// <summary>Has the server prepare a text that it gets as a value; what is returned runs it.</summary>
    /// <param name="text">What to prepare; each of its proofs is prepared before.</param>
    /// <param name="rowLimit">How many rows it gives at most; null for all.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<MySqlCommand> PrepareAsync(MySqlText text, long? rowLimit, CancellationToken ct)
    {
        var proofs = text.Proofs.Select((p, i) => (Name: Variable(Proof, i), Sql: p)).ToList();
        var values = text.Values.Select((v, i) => (Name: Variable("@datasync_", i), Value: v)).ToList();
        await AssignAsync([(Text, text.Sql), .. proofs.Select(p => (p.Name, (object?)p.Sql)), .. values], ct);
        var limit = rowLimit is { } rows ? string.Create(CultureInfo.InvariantCulture, $"SET SESSION sql_select_limit = {rows};") : "";
        await using (var prepare = Command($"{string.Concat(proofs.Select(p => $"PREPARE datasync FROM {p.Name};"))}{limit}PREPARE datasync FROM {Text}"))
            await prepare.ExecuteNonQueryAsync(ct);
        return Command(values.Count == 0 ? "EXECUTE datasync" : $"EXECUTE datasync USING {string.Join(", ", values.Select(v => v.Name))}");

        static string Variable(string name, int i) => string.Create(CultureInfo.InvariantCulture, $"{name}{i}");
    }

    /// <summary>
    /// Sets variables of the session. The values travel beside the text, in the protocol's own form, so that no way of quoting has to be right for
    /// whatever <c>sql_mode</c> is set. The driver would take a variable's name in such a text for a parameter's, so it stands where only the server looks.
    /// </summary>
    public async Task AssignAsync(IReadOnlyList<(string Variable, object? Value)> values, CancellationToken ct)
    {
        await using var command = Command($"SET {string.Join(", ", values.Select(v => $"/*!{v.Variable}*/ = ?"))}");
        foreach (var (_, value) in values) command.Parameters.Add(new MySqlParameter { Value = value ?? DBNull.Value });
        await command.PrepareAsync(ct);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Runs a statement of ours with values for its <c>?</c> and hands on each row; more than an honest server has are a fault of the server.</summary>
    public async Task QueryAsync(string sql, IReadOnlyList<string> values, Action<MySqlDataReader> row, CancellationToken ct, int most = 1_000_000)
    {
        await using var command = Command(sql);
        foreach (var value in values) command.Parameters.Add(new MySqlParameter { Value = value });
        if (values.Count > 0) await command.PrepareAsync(ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (most-- == 0) throw new SyncFailureException(SyncFailure.Permanent("errors.connection.protocol", ("host", source.Host), ("port", source.Port)));
            row(reader);
        }
    }

    /// <summary>Closing without a commit rolls back on the server; the driver does not pool the connection, so this ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await connection.DisposeAsync();
        }
        finally
        {
            await relay.EndAsync(Farewell, time);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
