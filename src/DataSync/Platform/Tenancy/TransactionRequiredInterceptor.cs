using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace DataSync.Platform.Tenancy;

/// <summary>Refuses a query outside a transaction: it would see nothing, and nothing looks like an empty table.</summary>
internal sealed class TransactionRequiredInterceptor : DbCommandInterceptor
{
    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        => ValueTask.FromResult(Demand(command, result));

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        => ValueTask.FromResult(Demand(command, result));

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
        => ValueTask.FromResult(Demand(command, result));

    private static T Demand<T>(DbCommand command, T result)
        => command.Transaction is null ? throw new InvalidOperationException("A query needs a tenant's transaction: use TenantDatabase.") : result;
}
