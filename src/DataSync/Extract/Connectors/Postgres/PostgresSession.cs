using System.Data;
using System.Globalization;
using System.Net;
using DataSync.Extract.Connectors.Network;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>An open connection to a tenant's database. Whatever happens in it is undone: it never commits.</summary>
internal sealed class PostgresSession(NpgsqlDataSource dataSource, NpgsqlConnection connection, ServerParameters source, IPAddress address, int commandTimeout) : IAsyncDisposable
{
    private IdleSessions? _keeper;
    private string _owner = "";

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);

    public NpgsqlConnection Connection => connection;

    public ServerParameters Source => source;

    /// <summary>The vetted address it was dialled at.</summary>
    public IPAddress Address => address;

    /// <summary>Seconds the driver waits for an answer.</summary>
    public int CommandTimeout => commandTimeout;

    /// <summary>True while nothing is known to be wrong with it.</summary>
    public bool IsOpen => connection.FullState == ConnectionState.Open;

    /// <summary>True where the server does not know its texts' encoding, so that they may not be UTF-8.</summary>
    public bool HasUncheckedText => connection.PostgresParameters.TryGetValue("server_encoding", out var encoding) && encoding == "SQL_ASCII";

    /// <summary>
    /// Begins the one transaction of the session: one snapshot, nothing writable, no statement longer than allowed, and text forms that do not
    /// depend on how the server is set up. A request to cancel that reaches the server before the statement does is lost, and a worker may
    /// be killed, so the server, where it can, looks now and then whether anybody still waits for the answer.
    /// </summary>
    /// <param name="statementTimeout">No statement may take longer.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="snapshot">The server's name of an exported snapshot to see the database by; null for the one that is now.</param>
    public async Task BeginAsync(TimeSpan statementTimeout, CancellationToken ct, string? snapshot = null)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        if (snapshot is not null) batch.BatchCommands.Add(new NpgsqlBatchCommand($"SET TRANSACTION SNAPSHOT '{snapshot.Replace("'", "''", StringComparison.Ordinal)}'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            SELECT pg_catalog.set_config(s.name, s.value, true) FROM (
                VALUES ('statement_timeout', $1), ('lock_timeout', $2), ('idle_in_transaction_session_timeout', $1), ('TimeZone', 'UTC'), ('DateStyle', 'ISO'),
                    ('IntervalStyle', 'iso_8601'), ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('standard_conforming_strings', 'on')
                UNION ALL SELECT 'client_connection_check_interval', '500'
                WHERE pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL AND pg_catalog.version() LIKE '%linux%') AS s(name, value)
            """)
        {
            Parameters = { Text(Milliseconds(statementTimeout)), Text(Milliseconds(LockTimeout < statementTimeout ? LockTimeout : statementTimeout)) },
        });
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Readies the session for looks that are each a transaction of their own, as read-only and as bounded as <see cref="BeginAsync"/>'s one.</summary>
    public async Task PrepareForLooksAsync(TimeSpan statementTimeout, CancellationToken ct)
    {
        const string Sql =
            """
            SELECT pg_catalog.set_config(s.name, s.value, false) FROM (VALUES ('default_transaction_read_only', 'on'), ('statement_timeout', $1), ('lock_timeout', $2),
                ('TimeZone', 'UTC'), ('DateStyle', 'ISO'), ('IntervalStyle', 'iso_8601'), ('extra_float_digits', '1'), ('standard_conforming_strings', 'on')) AS s(name, value)
            """;
        await using var batch = Batch(Sql, [Text(Milliseconds(statementTimeout)), Text(Milliseconds(LockTimeout < statementTimeout ? LockTimeout : statementTimeout))]);
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A parameter the server takes as text.</summary>
    public static NpgsqlParameter Text(string value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>A parameter whose type the server finds by itself, as it does for a literal.</summary>
    public static NpgsqlParameter Inferred(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown };

    /// <summary>
    /// One statement as a batch of one: the driver then neither splits nor rewrites the text, and the server itself refuses a second statement.
    /// </summary>
    public NpgsqlBatch Batch(string sql, IEnumerable<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return new NpgsqlBatch(connection) { BatchCommands = { command } };
    }

    /// <summary>Runs one statement whose answer is read to its end.</summary>
    public Task<NpgsqlDataReader> QueryAsync(string sql, IEnumerable<NpgsqlParameter> parameters, CommandBehavior behavior, CancellationToken ct)
        => Batch(sql, parameters).ExecuteReaderAsync(behavior, ct);

    /// <summary>Runs one statement of ours that has no rows.</summary>
    public async Task RunAsync(string sql, CancellationToken ct)
    {
        await using var batch = Batch(sql, []);
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>When it was first kept, by the clock of who keeps it; null before. Its age counts from then, however often it serves.</summary>
    public long? KeptSince { get; set; }

    /// <summary>Says that everything asked was answered to its end, so that the session may serve its owner again when it is disposed of.</summary>
    public void KeepFor(string owner, IdleSessions keeper)
    {
        if (owner.Length > 0) (_owner, _keeper) = (owner, keeper);
    }

    /// <summary>Undoes whatever was done in the session; afterwards it is as if just opened.</summary>
    public async Task ResetAsync(CancellationToken ct)
    {
        foreach (var sql in (string[])["ROLLBACK", "DISCARD ALL"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_keeper is not { } keeper) return EndAsync();
        _keeper = null;
        keeper.Keep(_owner, this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Closing without a commit rolls back on the server; the driver does not pool the connection, so this ends the session.</summary>
    public async ValueTask EndAsync()
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e))
        {
            // the driver reads what is left of an answer; where that is nonsense, it must not hide why the session ends
        }

        await dataSource.DisposeAsync();
    }

    private static string Milliseconds(TimeSpan time) => ((long)Math.Max(1, time.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
}
