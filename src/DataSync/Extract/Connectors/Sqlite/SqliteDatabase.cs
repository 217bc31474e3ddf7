using DataSync.Pipeline.Failures;
using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>An open file: read-only, hardened, and stoppable at any time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int OpenNoFollow = 0x01000000;
    private const int LimitLength = 0, LimitFunctionArguments = 6, LimitAttached = 7, LimitLikePattern = 8, LimitWorkerThreads = 11;
    private const int MostFunctionArguments = 256, LongestLikePattern = 128;
    private const int StepsBetweenChecks = 1000;

    /// <summary>Memory of all files that are open at once. Nothing bounds one statement's alone: each of its values is small enough, but there may be thousands.</summary>
    private const long MostMemory = 1024L * 1024 * 1024;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5), LockPause = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _ct;
    private readonly delegate_progress _progress;

    static SqliteDatabase()
    {
        Batteries_V2.Init();
        raw.sqlite3_hard_heap_limit64(MostMemory);
    }

    private SqliteDatabase(sqlite3 handle, TimeProvider time, TimeSpan timeout, CancellationToken ct)
    {
        (Handle, _time, _timeout, _ct) = (handle, time, timeout, ct);
        _began = time.GetTimestamp();
        _progress = _ => MustStop ? 1 : 0;
    }

    /// <summary>Bytes of a value at most; twice a record's, so that one that is too large for a record is passed over and the others are read.</summary>
    public static int LongestValue => 2 * OversizeRecord.LargestBytes;

    public sqlite3 Handle { get; }

    private bool IsOverdue => _time.GetElapsedTime(_began) > _timeout;

    private bool MustStop => _ct.IsCancellationRequested || IsOverdue;

    /// <summary>Opens the file; everything done with it ends at the timeout or when the token is cancelled.</summary>
    public static SqliteDatabase Open(string file, TimeProvider time, TimeSpan timeout, CancellationToken ct)
    {
        var result = raw.sqlite3_open_v2(file, out var handle, raw.SQLITE_OPEN_READONLY | OpenNoFollow, null);
        var database = new SqliteDatabase(handle, time, timeout, ct);
        try
        {
            database.Check(result);
            raw.sqlite3_extended_result_codes(handle, 0);
            raw.sqlite3_busy_timeout(handle, 0); // while SQLite waits it looks at nothing; Patiently does
            raw.sqlite3_limit(handle, LimitLength, LongestValue);
            raw.sqlite3_limit(handle, LimitFunctionArguments, MostFunctionArguments);
            raw.sqlite3_limit(handle, LimitLikePattern, LongestLikePattern);
            raw.sqlite3_limit(handle, LimitAttached, 0);
            raw.sqlite3_limit(handle, LimitWorkerThreads, 0);
            raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
            raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, out _);
            raw.sqlite3_progress_handler(handle, StepsBetweenChecks, database._progress, null);
            new SqliteFunctions(() => database.MustStop).Install(handle);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>From now on everything read is of one snapshot.</summary>
    public void Begin() => Check(raw.sqlite3_exec(Handle, "BEGIN"));

    /// <summary>Does what another's lock on the file may keep from being done; it is tried again for a while, unless the statement must end before.</summary>
    public int Patiently(Func<int> attempt)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var result = attempt();
            if ((result & 0xFF) != raw.SQLITE_BUSY) return result;
            if (MustStop) return raw.SQLITE_INTERRUPT;
            if (_time.GetElapsedTime(began) > LockPatience) return result;
            _ct.WaitHandle.WaitOne(LockPause);
        }
    }

    /// <summary>Fails where SQLite gave nothing for want of memory: a value's conversion says so by nothing else.</summary>
    public void DemandMemory()
    {
        if ((raw.sqlite3_errcode(Handle) & 0xFF) == raw.SQLITE_NOMEM) Check(raw.SQLITE_NOMEM);
    }

    /// <summary>Asks something of ours; rows come as text.</summary>
    public List<string?[]> Query(string sql, IReadOnlyList<string> values)
    {
        using var statement = SqliteStatement.Prepare(this, sql);
        for (var i = 0; i < values.Count; i++) statement.BindText(i + 1, values[i]);
        var rows = new List<string?[]>();
        while (statement.Step())
            rows.Add([.. Enumerable.Range(0, raw.sqlite3_column_count(statement.Handle)).Select(i => raw.sqlite3_column_type(statement.Handle, i) == raw.SQLITE_NULL ? null : raw.sqlite3_column_text(statement.Handle, i).utf8_to_string())]);
        return rows;
    }

    /// <summary>Throws the failure a result code stands for; a row and the end of rows are none.</summary>
    public void Check(int result)
    {
        if (result is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE) return;
        _ct.ThrowIfCancellationRequested();
        var text = Handle is { IsInvalid: false } ? raw.sqlite3_errmsg(Handle).utf8_to_string() : "";
        throw new SyncFailureException(SqliteErrors.Of(result, text), new InvalidOperationException($"SQLite result {result}: {text}"));
    }

    public void Dispose() => Handle?.Dispose();
}
