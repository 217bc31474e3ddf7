using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Rows;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A read, executed: its rows wait to be fetched.</summary>
internal sealed class OdbcStatement : IDisposable
{
    private readonly ParameterValues _values;

    private OdbcStatement(StatementHandle handle, ParameterValues values, Projection projection, OdbcTable? table, int? pageRows, bool isQuery)
    {
        (Handle, _values, Projection, Table, PageRows, IsResumable) = (handle, values, projection, table, pageRows, !isQuery);
        KeyPlaces = table is null ? [] : [.. table.Key.Select(k => projection.Members.ToList().FindIndex(m => m.Name == k.Name))];
    }

    public StatementHandle Handle { get; }

    /// <summary>What is fetched, and the records' members in it.</summary>
    public Projection Projection { get; }

    /// <summary>False for a query: whoever reads it again may get other rows.</summary>
    public bool IsResumable { get; }

    /// <summary>True where a read that breaks off goes on behind its last record: a row's key, as it was written, finds the row again.</summary>
    public bool HasTokens => IsResumable && KeyPlaces.Count > 0 && KeyPlaces.All(p => p >= 0 && Projection.Members[p].Format.HasKey);

    /// <summary>The table that is read, where it is one; that of a query that is read by pages.</summary>
    public OdbcTable? Table { get; }

    /// <summary>Where the key's columns are among the members; empty where there is no key.</summary>
    public IReadOnlyList<int> KeyPlaces { get; }

    /// <summary>Rows asked for at most, where the table is read page by page: as many again may follow.</summary>
    public int? PageRows { get; }

    /// <summary>Finds out what the statement gives, and executes it. Blocks.</summary>
    /// <param name="session">Where.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="resumeToken">Behind which row; empty for the first one.</param>
    /// <param name="turned">The table of the page before in the same session, whose last row the token is; null for the first page.</param>
    public static OdbcStatement Execute(OdbcSession session, ReadRequest request, ReadOnlyMemory<byte> resumeToken, OdbcTable? turned = null)
    {
        if (request.Table is not { } name) return ExecuteQuery(session, request, resumeToken, turned);
        var table = turned ?? session.Dialect.Find(session, name);
        if (request.Window is { } part)
        {
            var (window, bounds) = OdbcWindow.Of(session, $"SELECT * FROM {table.QuotedName}", [], part);
            return Execute(session, window, bounds, null, null, request.RowLimit);
        }

        if (!resumeToken.IsEmpty && table.Key.Count == 0) throw ResumeToken.Lost(null);
        var (sql, values) = OdbcPages.Select(session, $"SELECT * FROM {table.QuotedName}", [], table, resumeToken);
        return Execute(session, sql, values, table, table.Key.Count > 0 ? session.Dialect.PageRows : null, request.RowLimit);
    }

    /// <summary>Executes what gives the greatest value of the window's column in all that is to be read; no row where there is none. For servers that know <c>LIMIT</c>.</summary>
    public static OdbcStatement Greatest(OdbcSession session, ReadRequest request)
    {
        var column = "w." + OdbcTable.Quoted(request.Window!.Field, session.Quote);
        var (sql, values) = request.Table is { } name ? ($"SELECT * FROM {session.Dialect.Find(session, name).QuotedName}", []) : Bind(session, request);
        return Execute(session, $"SELECT {column} FROM (\n{sql}\n) w WHERE {column} IS NOT NULL ORDER BY 1 DESC LIMIT 1", values, null, null, 1, isQuery: true);
    }

    public void Dispose()
    {
        Handle.Dispose();
        _values.Dispose();
    }

    private static OdbcStatement ExecuteQuery(OdbcSession session, ReadRequest request, ReadOnlyMemory<byte> behind, OdbcTable? turned)
    {
        if (!behind.IsEmpty && turned is null) throw ResumeToken.Lost(null);
        var (sql, values) = Bind(session, request);
        if (request.Window is { } part)
        {
            (sql, values) = OdbcWindow.Of(session, sql, values, part);
            return Execute(session, sql, values, null, null, request.RowLimit, isQuery: true);
        }

        if ((turned ?? OdbcPages.TableOf(session, sql)) is not { } table) return Execute(session, sql, values, null, null, request.RowLimit, isQuery: true);
        if (turned is null) session.Dialect.StopClock(session);
        (sql, values) = OdbcPages.Select(session, $"SELECT * FROM (\n{sql}\n) w", values, table, behind);
        return Execute(session, sql, values, table, session.Dialect.PageRows, request.RowLimit, isQuery: true);
    }

    private static OdbcStatement Execute(OdbcSession session, string sql, IReadOnlyList<ParameterValue> values, OdbcTable? table, int? page, long? limit, bool isQuery = false)
    {
        IReadOnlyList<DescribedColumn> described;
        using (var asked = session.Statement())
        {
            session.Prepare(asked, session.Dialect.Describing(sql));
            described = DescribedColumn.All(asked, session.Dialect.TakesUtf8);
        }

        if (described.Count == 0) throw new SyncFailureException(SyncFailure.Permanent(session.Dialect.NoColumnsKey, ("sqlstate", "07005")));
        // pages need a key whose values all lead back to their row
        if (table is not null && table.Key.Any(k => !described.Any(d => d.Name == k.Name && session.Dialect.Format(d).HasKey))) page = null;
        if (page is { } rows && limit < rows) page = (int)limit;
        if (page is null && limit is { } most) session.Dialect.Limit(session, most);
        var projection = session.Dialect.Project(page is null ? sql : FormattableString.Invariant($"{sql} LIMIT {page}"), described, limit);
        var statement = session.Statement();
        var bound = new ParameterValues(values);
        try
        {
            session.Dialect.UseCursor(session, use: true);
            session.Prepare(statement, projection.Sql);
            bound.Bind(statement, session.Dialect.DescribesParameters);
            Diagnostics.Check(OdbcLibrary.SQLExecute(statement), statement);
            return new OdbcStatement(statement, bound, projection, table, page, isQuery);
        }
        catch
        {
            statement.Dispose();
            bound.Dispose();
            throw;
        }
        finally
        {
            session.Dialect.UseCursor(session, use: false);
        }
    }

    private static (string Sql, IReadOnlyList<ParameterValue> Values) Bind(OdbcSession session, ReadRequest request)
    {
        var (sql, names) = SelectText.Read(request.Query!, request.Parameters.Keys.ToHashSet(StringComparer.Ordinal), session.Dialect.Grammar);
        if (request.Parameters.Keys.FirstOrDefault(p => !names.Contains(p)) is { } unused)
            throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameter_unused", ("name", unused)));
        return (sql, [.. names.Select(n => ParameterValue.Of(request.Parameters[n]))]);
    }
}
