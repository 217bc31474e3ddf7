using System.Globalization;
using DataSync.Extract.Connectors.Odbc.Native;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>
/// The cursor that psqlodbc made for a statement, of which it has fetched the first rows. The others are asked for here: where an answer that the driver asked for itself breaks off
/// behind its first row (an error in a row, a statement cancelled, a line cut), the driver reads where nothing is, and the process ends.
/// </summary>
internal sealed unsafe class ServerCursor : IDisposable
{
    private const int LongestName = 128;
    private readonly OdbcSession _session;
    private readonly string _name;
    private StatementHandle? _more;

    /// <summary>Takes over behind the rows that came when the statement was executed.</summary>
    /// <param name="session">Where.</param>
    /// <param name="statement">The statement, executed.</param>
    /// <param name="first">Rows the driver asked for then.</param>
    public ServerCursor(OdbcSession session, StatementHandle statement, int first)
    {
        var name = stackalloc char[LongestName];
        short length;
        Diagnostics.Check(OdbcLibrary.SQLGetCursorNameW(statement, name, LongestName, &length), statement);
        (_session, _name, Statement, Left) = (session, Text(new ReadOnlySpan<char>(name, LongestName)), statement, first);
    }

    /// <summary>The statement whose rows are here.</summary>
    public StatementHandle Statement { get; private set; }

    /// <summary>Rows of the answer that may still come without asking the server.</summary>
    public int Left { get; private set; }

    /// <summary>What a driver wrote into a room, up to its NUL: the length it tells besides may be one in bytes, or of all that there would have been.</summary>
    internal static string Text(ReadOnlySpan<char> room) => new(room.IndexOf('\0') is var end and >= 0 ? room[..end] : room);

    /// <summary>Takes note of rows that were fetched.</summary>
    public void Fetched(int rows) => Left -= rows;

    /// <summary>Asks for so many rows, none of the answer before being left.</summary>
    public void Ask(int rows)
    {
        if (_more is null)
        {
            // a statement with FOR in it may lock rows, for all the driver knows: it makes no cursor then, and holds the result whole
            if (_session.Query("SELECT 1 FROM pg_catalog.pg_cursors WHERE name = ?", _name).Count == 0)
            {
                Left = int.MaxValue;
                return;
            }

            Statement = _more = _session.Statement();
        }
        else
        {
            Diagnostics.Check(OdbcLibrary.SQLFreeStmt(_more, OdbcCode.CloseCursor), _more);
        }

        var sql = string.Create(CultureInfo.InvariantCulture, $"FETCH FORWARD {rows} FROM {SqlName.Quote(_name)}");
        fixed (char* text = sql) Diagnostics.Check(OdbcLibrary.SQLExecDirectW(_more, text, sql.Length), _more);
        Left = rows;
    }

    public void Dispose() => _more?.Dispose();
}
