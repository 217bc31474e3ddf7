using DataSync.Extract.Connectors.Odbc.Native;
using DataSync.Extract.Connectors.Odbc.Text;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Odbc.Dialects;

/// <summary>
/// A server nobody here knows. Its driver is asked for a read-only connection, nothing is ever committed, and a statement must look like one query; what its login
/// may do cannot be found out, so it is read only where the operator allows logins that may write.
/// </summary>
internal sealed class OtherDialect(string dbms) : OdbcDialect
{
    public override SqlGrammar Grammar { get; } = new() { RefusesBackslash = true };

    public override void Begin(OdbcSession session, TimeSpan timeout) => session.Set(OdbcCode.Autocommit, OdbcCode.AutocommitOff);

    public override AccessReport Access(OdbcSession session) => new([$"unknown rights ({dbms})"]);
}
