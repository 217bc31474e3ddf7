using DataSync.Platform.Persistence;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace DataSync.Platform.Tenancy;

/// <summary>
/// The one place that opens a tenant's transaction. The tenant is set transaction-locally as the first statement, so it can neither
/// outlive the transaction in a pooled connection nor be undone by a savepoint; without it every query sees nothing.
/// </summary>
internal sealed class TenantDatabase(IDbContextFactory<DataSyncDbContext> contexts, DataSources sources, RegionOptions? regions = null)
{
    private NpgsqlDataSource? Other { get; init; }

    private NpgsqlDataSource Pool => Other ?? sources.App;

    /// <summary>The same database over the few connections that are kept apart: for telling that the pool itself is exhausted.</summary>
    public TenantDatabase Apart() => new(contexts, sources, regions) { Other = sources.Apart };

    /// <summary>Takes a connection for many transactions of one tenant, one after the other: the bulk path.</summary>
    public async Task<TenantConnection> ConnectAsync(string tenantId, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        return new TenantConnection(tenantId, await Pool.OpenConnectionAsync(ct));
    }

    /// <summary>Opens a transaction in which only <paramref name="tenantId"/>'s rows exist. Disposing without a commit rolls back.</summary>
    public Task<TenantTransaction> BeginAsync(string tenantId, CancellationToken ct) => BeginAsync(tenantId, durable: true, ct);

    /// <summary>
    /// The same. Where <paramref name="durable"/> is false its commit waits for no disk: a crash of the database server within the next second may undo it,
    /// unless a durable commit followed. For what is known anyway once such a server is back.
    /// </summary>
    public async Task<TenantTransaction> BeginAsync(string tenantId, bool durable, CancellationToken ct)
    {
        var connection = await ConnectAsync(tenantId, ct);
        try
        {
            return new TenantTransaction(contexts, tenantId, connection, await connection.BeginAsync(durable, ct), regions);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a tenant's transaction for a change: nothing is locked before the tenant is held in this region, so that no move waits for it while it waits for the move.</summary>
    public async Task<TenantTransaction> BeginChangeAsync(string tenantId, CancellationToken ct)
    {
        var transaction = await BeginAsync(tenantId, ct);
        try
        {
            await transaction.StayAsync(ct);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    /// <summary>Statements to be sent at once, in a transaction in which only <paramref name="tenantId"/>'s rows exist; see <see cref="BeginAsync(string, bool, CancellationToken)"/>.</summary>
    public async Task<TenantBatch> BatchAsync(string tenantId, bool durable, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        return new TenantBatch(await Pool.OpenConnectionAsync(ct), tenantId, durable);
    }

    /// <summary>
    /// Takes a connection for many batches, one after the other, of whichever tenants. Statements over arrays are planned once: the server would plan them anew for the arrays of
    /// each batch, and come to the same.
    /// </summary>
    public async Task<BatchConnection> HoldAsync(CancellationToken ct)
    {
        var connection = await Pool.OpenConnectionAsync(ct);
        try
        {
            await using var plans = new NpgsqlCommand("SET plan_cache_mode = force_generic_plan", connection);
            await plans.ExecuteNonQueryAsync(ct);
            return new BatchConnection(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs <paramref name="work"/> in a tenant's transaction and commits it.</summary>
    public async Task<T> RunAsync<T>(string tenantId, Func<TenantTransaction, Task<T>> work, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(tenantId, ct);
        var result = await work(transaction);
        await transaction.CommitAsync(ct);
        return result;
    }
}

/// <summary>A tenant's open transaction: the raw connection, and EF Core's context over it for those who want one, both inside it.</summary>
internal sealed class TenantTransaction(IDbContextFactory<DataSyncDbContext> contexts, string tenantId, TenantConnection connection, NpgsqlTransaction transaction, RegionOptions? regions)
    : IAsyncDisposable
{
    private DataSyncDbContext? _db;
    private bool _isPlaced = regions is not { AreThere: true };

    /// <summary>Whose rows exist in it.</summary>
    public string TenantId { get; private set; } = tenantId;

    /// <summary>Made at the first call: much of what the engine does needs none.</summary>
    public DataSyncDbContext Db => _db ??= NewContext();

    /// <summary>The connection of the transaction, for COPY and for statements EF Core has no form for.</summary>
    public NpgsqlConnection Connection => connection.Connection;

    /// <summary>A command on the transaction's connection, with positional parameters <c>$1 …</c>.</summary>
    public NpgsqlCommand Command(string sql, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, Connection);
        foreach (var value in values) command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>
    /// Holds the tenant in this region until the transaction ends; throws where it is not here any more. Every change that somebody asked for does so before its commit
    /// (<see cref="Audit.Requests.AuditedCommits"/>), and first of all where it locks what a move does, the tenant's settings and their number in the cache (<see cref="TenantDatabase.BeginChangeAsync"/>). Nothing happens where there are no regions.
    /// </summary>
    public async Task StayAsync(CancellationToken ct)
    {
        if (_isPlaced) return;
        await RegionMove.StayAsync(this, regions!, ct);
        _isPlaced = true;
    }

    /// <summary>The transaction itself says where the tenant is from here on, or is about what lies here wherever that is.</summary>
    public void Place() => _isPlaced = true;

    /// <summary>What is done from here on is another tenant's, in the same transaction: for an operator's act on a tenant that is to be told of elsewhere. Nothing of EF Core's follows.</summary>
    public async Task TurnToAsync(string tenantId, CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        await using (var set = Command(TenantConnection.Setting, tenantId)) await set.ExecuteNonQueryAsync(ct);
        TenantId = tenantId;
        if (_db is not null) await _db.DisposeAsync();
        _db = null;
    }

    public Task CommitAsync(CancellationToken ct) => transaction.CommitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        if (_db is not null) await _db.DisposeAsync();
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private DataSyncDbContext NewContext()
    {
        var context = contexts.CreateDbContext();
        context.TenantId = TenantId;
        context.Database.AutoSavepointsEnabled = false; // whoever fails here gives the whole transaction up
        context.Database.SetDbConnection(Connection);
        context.Database.UseTransaction(transaction);
        return context;
    }
}
