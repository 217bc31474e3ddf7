using DataSync.Extract.Connectors.Odbc.Dialects;
using DataSync.Extract.Connectors.Odbc.Gate;
using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>
/// An open connection to a data source. Whatever happens in it is undone: it never commits. Every member blocks and belongs to the session's
/// thread, but for <see cref="Interrupt"/>.
/// </summary>
internal sealed unsafe class OdbcSession : IDisposable
{
    private const int Chunk = 2048;

    /// <summary>More than an honest server has to tell about itself: a fault of the server, for who takes a part for the whole draws false conclusions.</summary>
    private const int MostRows = 1_000_000;

    private readonly EnvironmentHandle _environment = new();
    private readonly ConnectionHandle _connection;
    private readonly OdbcParameters _source;
    private readonly OdbcRoute _route;
    private volatile StatementHandle? _current, _idle;
    private string? _kill;

    private OdbcSession(OdbcParameters source, OdbcRoute route)
    {
        (_source, _route) = (source, route);
        ClientEncoding.Ensure();
        Diagnostics.Check(OdbcLibrary.SQLSetEnvAttr(_environment, OdbcCode.OdbcVersion, OdbcCode.Version380, 0), _environment);
        _connection = new ConnectionHandle(_environment);
        Dialect = new OtherDialect("");
    }

    /// <summary>What the server at the other end needs.</summary>
    public OdbcDialect Dialect { get; private set; }

    /// <summary>The server's name and version, as its driver tells them.</summary>
    public string Version { get; private set; } = "";

    /// <summary>True where a statement's text was seen to reach the server as it is, whatever characters it holds.</summary>
    public bool KeepsUnicode { get; private set; }

    /// <summary>True where the driver can go back to a row of a block for the rest of a value.</summary>
    public bool CanPosition { get; private set; }

    /// <summary>True where the driver was set to give rows as they come.</summary>
    public bool IsStreamed => _route.IsStreamed;

    /// <summary>What names are quoted with; empty where the driver knows of no quotes.</summary>
    public string Quote { get; private set; } = "";

    /// <summary>Connects: data source, login and password go to the driver one by one, so that none can bring attributes of its own.</summary>
    public static OdbcSession Open(OdbcParameters source, OdbcRoute route, TimeSpan timeout)
    {
        var session = new OdbcSession(source, route);
        try
        {
            session.Set(OdbcCode.LoginTimeout, (int)Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 1, 60));

            // for drivers that know it; what the server itself refuses is the dialect's
            session.TrySet(OdbcCode.AccessMode, OdbcCode.AccessReadOnly);
            route.Connect(session.Connect);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Begins the session's one transaction, in which nothing can be written.</summary>
    public void Begin(TimeSpan timeout)
    {
        Dialect.Begin(this, timeout);
        _kill = Dialect.Kill(this);
        if (Dialect.Cancel == OdbcCancel.ByIdleStatement) _idle = new StatementHandle(_connection);
        KeepsUnicode = true;
        KeepsUnicode = Echoes("\u0141\u0175\u6f21");
    }

    /// <summary>Sets an attribute of the connection.</summary>
    public void Set(int attribute, int value) => Diagnostics.Check(OdbcLibrary.SQLSetConnectAttrW(_connection, attribute, value, OdbcCode.IsUInteger), _connection);

    /// <summary>Sets an attribute the driver may not know.</summary>
    public void TrySet(int attribute, int value) => OdbcLibrary.SQLSetConnectAttrW(_connection, attribute, value, OdbcCode.IsUInteger);

    /// <summary>A new statement; the one that <see cref="Interrupt"/> cancels from now on.</summary>
    public StatementHandle Statement()
    {
        var statement = new StatementHandle(_connection);
        OdbcLibrary.SQLSetStmtAttrW(statement, OdbcCode.CursorType, 0, OdbcCode.IsUInteger);
        OdbcLibrary.SQLSetStmtAttrW(statement, OdbcCode.NoScan, 1, OdbcCode.IsUInteger);
        return _current = statement;
    }

    /// <summary>Runs a statement of ours.</summary>
    public void Execute(string sql) => Query(sql);

    /// <summary>Runs a statement of ours and returns its rows as text. Each value stands for a <c>?</c>.</summary>
    public List<string?[]> Query(string sql, params ReadOnlySpan<string> values)
    {
        using var bound = new ParameterValues([.. values.ToArray().Select(v => new ParameterValue(v, SqlType.WVarChar))]);
        return Rows(statement =>
        {
            Prepare(statement, sql);
            bound.Bind(statement, described: false);
            return OdbcLibrary.SQLExecute(statement);
        });
    }

    /// <summary>The same, in a transaction of its own, which sees what was committed meanwhile.</summary>
    public List<string?[]> Look(string sql, params ReadOnlySpan<string> values)
    {
        OdbcLibrary.SQLEndTran(OdbcCode.HandleConnection, _connection, OdbcCode.Rollback);
        return Query(sql, values);
    }

    /// <summary>Has the driver take a statement's text, in a form it was seen to take whole; text it would change is refused.</summary>
    public void Prepare(StatementHandle statement, string sql)
    {
        if (!KeepsUnicode && !System.Text.Ascii.IsValid(sql)) throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_refused", ("sqlstate", "22021")));
        short code;
        if (Dialect.TakesUtf8)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(sql);
            fixed (byte* text = bytes) code = OdbcLibrary.SQLPrepare(statement, text, bytes.Length);
        }
        else
        {
            fixed (char* text = sql) code = OdbcLibrary.SQLPrepareW(statement, text, sql.Length);
        }

        Diagnostics.Check(code, statement);
    }

    /// <summary>Makes a call that gives rows, and returns them as text.</summary>
    public List<string?[]> Rows(Func<StatementHandle, short> call)
    {
        using var statement = Statement();
        Diagnostics.Check(call(statement), statement);
        short columns;
        Diagnostics.Check(OdbcLibrary.SQLNumResultCols(statement, &columns), statement);
        var rows = new List<string?[]>();
        while (columns > 0 && Diagnostics.Check(OdbcLibrary.SQLFetch(statement), statement) != OdbcCode.NoData)
        {
            if (rows.Count == MostRows) throw new SyncFailureException(SyncFailure.Permanent("errors.connection.protocol", ("host", _source.Dsn), ("port", "ODBC")));
            rows.Add([.. Enumerable.Range(1, columns).Select(c => Text(statement, (ushort)c))]);
        }

        return rows;
    }

    /// <summary>True where the driver, asked for <c>char</c>, gives the text that a statement makes as UTF-8.</summary>
    public bool GivesUtf8(string sql, ReadOnlySpan<byte> text)
    {
        try
        {
            using var statement = Statement();
            Prepare(statement, sql);
            Diagnostics.Check(OdbcLibrary.SQLExecute(statement), statement);
            if (Diagnostics.Check(OdbcLibrary.SQLFetch(statement), statement) == OdbcCode.NoData) return false;
            var room = stackalloc byte[Chunk];
            nint length;
            var code = Diagnostics.Check(OdbcLibrary.SQLGetData(statement, 1, SqlType.CChar, room, Chunk, &length), statement);
            return code == OdbcCode.Success && length is >= 0 and < Chunk && new ReadOnlySpan<byte>(room, (int)length).SequenceEqual(text);
        }
        catch (OdbcException)
        {
            return false;
        }
    }

    /// <summary>A text about driver or server.</summary>
    public string Info(ushort type)
    {
        var text = stackalloc char[256];
        short written;
        var code = OdbcLibrary.SQLGetInfoW(_connection, type, text, 512, &written);
        return code is OdbcCode.Success or OdbcCode.SuccessWithInfo ? new string(text, 0, Math.Clamp(written / 2, 0, 255)) : "";
    }

    /// <summary>Has what this session does ended, from any thread. <paramref name="again"/>: it was asked before, and goes on.</summary>
    public void Interrupt(bool again)
    {
        switch (Dialect.Cancel)
        {
            case OdbcCancel.BySecondSession when _kill is { } sql:
                using (var other = Open(_source, _route, TimeSpan.FromSeconds(5))) other.Execute(sql);
                break;
            case OdbcCancel.ByIdleStatement when _idle is { IsClosed: false } idle:
                OdbcLibrary.SQLCancel(idle);
                break;
            case OdbcCancel.ByDriver when !again && _current is { IsClosed: false } statement:
                OdbcLibrary.SQLCancel(statement);
                break;
        }
    }

    public void Dispose()
    {
        _current = null;
        _idle?.Dispose();
        if (_connection is { IsClosed: false }) OdbcLibrary.SQLEndTran(OdbcCode.HandleConnection, _connection, OdbcCode.Rollback);
        _connection?.Dispose();
        _environment.Dispose();
    }

    private void Connect(string name)
    {
        fixed (char* source = name, user = _source.Username, password = _source.Password)
        {
            Diagnostics.Check(
                OdbcLibrary.SQLConnectW(_connection, source, OdbcCode.ToItsEnd, user, OdbcCode.ToItsEnd, password, OdbcCode.ToItsEnd), _connection);
        }

        var server = Info(OdbcCode.InfoDbmsName);
        Version = $"{server} {Info(OdbcCode.InfoDbmsVersion)}".Trim();
        Quote = Info(OdbcCode.InfoQuoteCharacter).Trim();
        Dialect = OdbcDialect.Of(server);
        int extensions;
        short written;
        OdbcLibrary.SQLGetInfoW(_connection, OdbcCode.InfoGetDataExtensions, &extensions, sizeof(int), &written);
        CanPosition = Dialect.AllowsPositioning && (extensions & OdbcCode.GetDataBlock) != 0 && (extensions & OdbcCode.GetDataBound) != 0;
    }

    /// <summary>True where the server gives back the text it is given. Cut to their low bytes these characters would be letters, and do no harm.</summary>
    private bool Echoes(string text)
    {
        try
        {
            return Query($"SELECT '{text}'") is [[var echo]] && echo == text;
        }
        catch (OdbcException)
        {
            return false;
        }
    }

    private static string? Text(StatementHandle statement, ushort column)
    {
        var piece = stackalloc char[Chunk];
        var text = new System.Text.StringBuilder();
        while (true)
        {
            nint length;
            var code = Diagnostics.Check(OdbcLibrary.SQLGetData(statement, column, SqlType.CWChar, piece, Chunk * sizeof(char), &length), statement);
            if (length == OdbcCode.NullData) return null;
            if (code == OdbcCode.NoData) return text.ToString();
            var isMore = code == OdbcCode.SuccessWithInfo && (length < 0 || length >= Chunk * sizeof(char));
            text.Append(piece, isMore ? Chunk - 1 : (int)(length / sizeof(char)));
            if (!isMore) return text.ToString();
        }
    }
}
