using System.Data;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.SqlServer.Relay;
using Microsoft.Data.SqlClient;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>An open connection to a tenant's database. Whatever happens in it is undone: it never commits. But for <see cref="DoAsync"/> and the end its members belong to its thread.</summary>
internal sealed class SqlServerSession(
    ServerParameters source, TdsRelay relay, SessionThread thread, SqlConnection connection, TimeSpan statementTimeout, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(600);
    private readonly ServerPatience _patience = new(statementTimeout, time);
    private volatile SqlCommand? _current;
    private IDisposable? _reading;

    /// <summary>The server's version as it names it.</summary>
    public string Version => connection.ServerVersion;

    /// <summary>True where the session's transaction sees one moment of the database, whatever others write meanwhile.</summary>
    public bool IsSnapshot { get; private set; }

    /// <summary>Does something on the session's thread, within the time that is left, and names what goes wrong. The statement under way is cancelled with the token, or when the time is over.</summary>
    public Task<T> DoAsync<T>(Func<T> work, CancellationToken ct) => SqlServerErrors.GuardAsync(
        () => _patience.WaitAsync(
            async token =>
            {
                await using var cancels = token.UnsafeRegister(static s => ((SqlServerSession)s!)._current?.Cancel(), this);
                return await thread.RunAsync(work);
            },
            ct),
        source, ct);

    /// <summary>
    /// Begins the one transaction of the session. SQL Server has none that is read-only: this one is never committed, waits for no lock longer than ten seconds, gives way in a
    /// deadlock, and sees one moment of the database where that allows it.
    /// </summary>
    public void Begin()
    {
        const string Prepare =
            """
            SET NOCOUNT ON; SET XACT_ABORT ON; SET IMPLICIT_TRANSACTIONS OFF; SET LOCK_TIMEOUT 10000; SET DEADLOCK_PRIORITY LOW; SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET QUOTED_IDENTIFIER ON;
            SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID();
            """;
        IsSnapshot = Query(Prepare, static row => row.GetByte(0) == 1).Contains(true);
        using var begin = Command($"SET TRANSACTION ISOLATION LEVEL {(IsSnapshot ? "SNAPSHOT" : "READ COMMITTED")}; BEGIN TRANSACTION;");
        begin.ExecuteNonQuery();
    }

    /// <summary>Ends that transaction: from now on each statement sees what was committed before it. True, for there is nothing else to say.</summary>
    public bool PrepareForLooks()
    {
        using var command = Command("ROLLBACK TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;");
        command.ExecuteNonQuery();
        return true;
    }

    /// <summary>Runs a statement of ours and returns what is made of each row.</summary>
    public List<T> Query<T>(string sql, Func<SqlDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(sql);
        foreach (var (name, value) in values) command.Parameters.Add(new SqlParameter(name, value is null ? SqlDbType.NVarChar : SqlParameterOf(value)) { Value = value ?? DBNull.Value });
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>A statement; the one that is cancelled from now on.</summary>
    public SqlCommand Command(string sql)
    {
        var command = new SqlCommand(sql, connection) { CommandTimeout = (int)Math.Min(statementTimeout.TotalSeconds + 5, int.MaxValue / 2000) };
        return _current = command;
    }

    /// <summary>What the end of the session ends first.</summary>
    public void Reads(IDisposable reading) => _reading = reading;

    /// <summary>
    /// Ends what is under way and the session; the server undoes everything. Where the driver does not end soon, its connection is cut, and the thread ends by itself.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (thread.IsBusy) relay.Dispose();
        var ending = thread.EndAsync(() =>
        {
            try
            {
                _reading?.Dispose();
                connection.Dispose();
            }
            catch (Exception e) when (SqlServerErrors.IsKnown(e) || e is InvalidOperationException)
            {
                // what became of a session nobody uses any more does not matter
            }
        });
        await Task.WhenAny(ending, Task.Delay(Farewell, time, CancellationToken.None));
        relay.Dispose();
    }

    private static SqlDbType SqlParameterOf(object value) => value is string ? SqlDbType.NVarChar : SqlDbType.BigInt;
}
