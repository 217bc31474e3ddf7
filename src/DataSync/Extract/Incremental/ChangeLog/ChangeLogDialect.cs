namespace DataSync.Extract.Incremental.ChangeLog;

/// <summary>A kind of server's SQL for change logs: how a table is looked at, and what its customer runs (extension point: in the connector's folder).</summary>
internal abstract class ChangeLogDialect
{
    /// <summary>A name within the server's quotes.</summary>
    public abstract string Quote(string name);

    /// <summary>Looks at a table and its change log.</summary>
    /// <exception cref="Pipeline.Failures.SyncFailureException">There is no such table.</exception>
    public abstract Task<FollowedTable> FindAsync(AskServer ask, string name, CancellationToken ct);

    /// <summary>What the customer runs so that changes are recorded from then on, one statement after another.</summary>
    /// <param name="table">The table, fit and without a change log.</param>
    /// <param name="login">Who is to read the change log, quoted; null where there are no logins.</param>
    public abstract IEnumerable<string> Setup(FollowedTable table, string? login);

    /// <summary>What takes all of it away, whatever of it is there.</summary>
    public abstract IEnumerable<string> Undo(FollowedTable table);

    /// <summary>The login as a GRANT names it; null where there are none.</summary>
    public abstract Task<string?> LoginAsync(AskServer ask, CancellationToken ct);

    /// <summary>For one plan.</summary>
    public virtual UndecidedPositions Undecided() => new();

    /// <summary>True where emptying the table at once is a change of its own in the log.</summary>
    public virtual bool RecordsTruncation => false;

    /// <summary>True where a DELETE sees every row that another session has written, or waits for it: what appears late then never stands behind removed rows that came after it.</summary>
    public virtual bool RemovesInOrder => false;

    /// <summary>The greatest position that was given out, whatever became of the row; null where the server does not tell everybody.</summary>
    public virtual Task<long?> GivenOutAsync(AskServer ask, FollowedTable table, CancellationToken ct) => Task.FromResult<long?>(null);

    /// <summary>What a whole change log lacks because an older setup made it: statements that bring it, and take nothing away.</summary>
    /// <param name="ask">Asks the server.</param>
    /// <param name="table">The table, with its change log.</param>
    /// <param name="login">Who reads the change log, quoted; null where there are no logins.</param>
    /// <param name="ct">Gives up.</param>
    public virtual Task<IReadOnlyList<string>> AddedSinceAsync(AskServer ask, FollowedTable table, string? login, CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>
    /// How many rows the table has, and how many it would have by its change log, where the two are not the same: something was changed past the triggers. Null where they are, where that cannot be, or where it is not
    /// to be found out cheaply.
    /// </summary>
    /// <param name="ask">Asks the server.</param>
    /// <param name="table">The table.</param>
    /// <param name="state">What was delivered.</param>
    /// <param name="ct">Gives up.</param>
    public virtual Task<(long Rows, long Expected)?> DifferenceAsync(AskServer ask, FollowedTable table, ChangeLogState state, CancellationToken ct) => Task.FromResult<(long, long)?>(null);

    /// <summary>Names within quotes, each behind a prefix, with commas between.</summary>
    protected string List(IEnumerable<string> names, string prefix = "") => string.Join(", ", names.Select(n => prefix + Quote(n)));

    /// <summary>A row that is no change.</summary>
    protected string Mark(FollowedTable table, string operation) => $"INSERT INTO {table.QuotedLog} ({Quote(ChangeLogNames.Operation)}) VALUES ('{operation}')";

    /// <summary>What a trigger writes: an operation, the key before where there is one to tell, and a row.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operation">One of <see cref="ChangeLogNames"/>.</param>
    /// <param name="row"><c>NEW</c> or <c>OLD</c>.</param>
    protected string Record(FollowedTable table, string operation, string row)
    {
        var isUpdate = operation == ChangeLogNames.Update;
        var keys = isUpdate ? table.Key.Select((_, i) => ChangeLogNames.OldKey(i)) : [];
        var names = List([ChangeLogNames.Operation, .. keys, .. table.Columns.Select(c => c.Name)]);
        var before = isUpdate ? List(table.Key, "OLD.") + ", " : "";
        return $"INSERT INTO {table.QuotedLog} ({names}) VALUES ('{operation}', {before}{List(table.Columns.Select(c => c.Name), row + ".")})";
    }
}
