using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace DataSync.Extract.Connectors.SqlServer.Text;

/// <summary>
/// Looks through a SELECT for whatever does more than read this server's tables: writes, takes locks, counts a sequence on, or reaches files, other servers and
/// the network. The server's privileges may forbid all of it; this does in any case.
/// </summary>
internal sealed class OnlyReads : TSqlFragmentVisitor
{
    /// <summary>Table hints that keep a reading from locking more than it must; every other one locks more.</summary>
    private static readonly HashSet<TableHintKind> Hints =
    [
        TableHintKind.NoLock, TableHintKind.ReadUncommitted, TableHintKind.ReadCommitted, TableHintKind.ReadPast, TableHintKind.NoExpand, TableHintKind.NoWait, TableHintKind.Index,
        TableHintKind.ForceSeek, TableHintKind.ForceScan,
    ];

    /// <summary>Functions of the server that read files, or a path on another machine, which they would log in to.</summary>
    private static readonly HashSet<string> Reaching = new(StringComparer.OrdinalIgnoreCase)
    {
        "fn_get_audit_file", "fn_get_audit_file_v2", "fn_trace_gettable", "fn_xe_file_target_read_file", "fn_dump_dblog", "fn_full_dblog", "dm_os_file_exists", "dm_os_enumerate_filesystem",
        "dm_os_enumerate_fixed_drives", "fn_stmt_sql_handle_from_sql_stmt",
    };

    private readonly HashSet<string> _variables = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Something was found.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>The names of variables, without the at sign.</summary>
    public IReadOnlySet<string> Variables => _variables;

    public override void Visit(TSqlFragment fragment)
    {
        if (fragment is VariableReference variable) _variables.Add(variable.Name.TrimStart('@'));
        IsRefused |= fragment switch
        {
            SelectStatement select => select.Into is not null || select.On is not null || select.ComputeClauses.Count > 0,
            SelectSetVariable or NextValueForExpression or DataModificationTableReference or BrowseForClause or PredictTableReference => true,
            OpenRowsetTableReference or InternalOpenRowset or BulkOpenRowset or OpenRowsetCosmos or OpenQueryTableReference or AdHocTableReference or OpenXmlTableReference => true,
            TableHint hint => !Hints.Contains(hint.HintKind),
            OptimizerHint hint => hint.HintKind is OptimizerHintKind.TableHints or OptimizerHintKind.UsePlan,
            SchemaObjectName name => name.ServerIdentifier is not null || IsReaching(name.BaseIdentifier),
            FunctionCall call => IsReaching(call.FunctionName) || call.CallTarget is MultiPartIdentifierCallTarget { MultiPartIdentifier.Count: > 2 },
            BuiltInFunctionTableReference call => IsReaching(call.Name),
            _ => fragment.GetType().Name.StartsWith("AI", StringComparison.Ordinal),
        };
    }

    private static bool IsReaching(Identifier? name) => name?.Value is { } text && (Reaching.Contains(text) || text.StartsWith("xp_", StringComparison.OrdinalIgnoreCase) || text.StartsWith("sp_", StringComparison.OrdinalIgnoreCase));
}
