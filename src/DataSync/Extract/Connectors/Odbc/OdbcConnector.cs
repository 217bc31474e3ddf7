using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Extract.Connectors.Odbc.Gate;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>Data sources that the operator registered with unixODBC, through drivers the operator allows.</summary>
internal sealed class OdbcConnector(EgressPolicy egress, IOptions<ExtractOptions> options, TimeProvider time) : IReadsWindows, IVerifiesReadOnly, ITracksChanges, IChangeLogSource
{
    private const string NoChangeLog = "errors.extraction.change_log_none";
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15), CatalogTimeout = TimeSpan.FromSeconds(30);
    private readonly OdbcGate _gate = new(new OdbcRegistry(options.Value, time), egress, options.Value);

    public string Driver => "odbc";

    public bool ReadsInOrder => true;

    public IReadOnlySet<string> SecretFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "password" };

    public IReadOnlySet<string> AddressFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "dsn" };

    public IReadOnlySet<string> ConnectionFields => OdbcParameters.Fields;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => OdbcParameters.Validate(connectionParams);

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
        => new OdbcConnectionTest(connection, Read(connection), _gate, options.Value, time).RunAsync(ct);

    public bool TakesWritable => options.Value.AllowWritableSources;

    public Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, session => session.Dialect.Access(session), ct);

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, OdbcCatalog.Read, ct);

    public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => ReadAsync(connection, request, null, ct);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, [EnumeratorCancellation] CancellationToken ct)
    {
        var thread = new OdbcThread(time, request.StatementTimeout);
        var held = new OdbcHolder(Read(connection), thread, options.Value);
        OdbcRead? read = null;
        try
        {
            await held.OpenAsync(_gate, ConnectTimeout, request.StatementTimeout, ct);
            await DemandAsync(held, connection, request, ct);
            if (beside is not null) await beside(await SnapshotAsync(held, ct));
            await held.RunAsync(session => read = OdbcRead.Start(session, thread, request), ct);
            while (await held.GuardAsync(() => read!.NextAsync(ct), read, ct) is { } batch) yield return batch;
        }
        finally
        {
            await held.EndAsync(() => read);
        }
    }

    /// <summary>Null where the server is not asked which transactions run: then a lag alone covers what commits late.</summary>
    public async Task<WindowPlan?> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
    {
        var thread = new OdbcThread(time, request.StatementTimeout);
        var held = new OdbcHolder(Read(connection), thread, options.Value);
        var planner = new OdbcPlanner(held, thread, time);
        try
        {
            await held.OpenAsync(_gate, ConnectTimeout, request.StatementTimeout, ct);
            if (await held.RunAsync(session => session.Dialect.Running is null, ct)) return null;
            await DemandAsync(held, connection, request, ct);
            return await planner.PlanAsync(request, lag, ct);
        }
        finally
        {
            await held.EndAsync(() => planner.Read);
        }
    }

    public async Task<T> LookAsync<T>(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct)
    {
        var held = new OdbcHolder(Read(connection), new OdbcThread(time, CatalogTimeout), options.Value);
        try
        {
            await held.OpenAsync(_gate, ConnectTimeout, CatalogTimeout, ct);
            var access = await held.RunAsync(session => session.Dialect.Access(session), ct);
            await connection.ReportAsync(access, ct);
            access.Demand(TakesWritable);
            var log = await held.RunAsync(session => session.Dialect.ChangeLog(time), ct) ?? throw new SyncFailureException(SyncFailure.Permanent(NoChangeLog));
            return await look(new ChangeLogSession(log, (sql, values, token) => held.RunAsync(session => session.Look(sql, [.. values]), token)));
        }
        finally
        {
            await held.EndAsync();
        }
    }

    public async Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        try
        {
            return await Tracker.OfferAsync(connection, request, ct);
        }
        catch (SyncFailureException e) when (e.Failure.MessageKey == NoChangeLog)
        {
            return new TrackingOffer(TrackingMethods.ChangeLog, IsAvailable: false, TrackingReason.Of("tracking.change_log.server"));
        }
    }

    public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct) => Tracker.PlanAsync(connection, request, last, ct);

    public IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct) => Tracker.ReadAsync(connection, request, plan, ct);

    public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct) => Tracker.SetupAsync(connection, request, last, ct);

    /// <summary>The server keeps nothing for anybody: the change log is the customer's.</summary>
    public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null) => Task.CompletedTask;

    private ChangeLogTracker Tracker => new(this, time);

    /// <summary>Questions that see what the session's reading will see.</summary>
    private async Task<ChangeLogSession> SnapshotAsync(OdbcHolder held, CancellationToken ct)
    {
        var log = await held.RunAsync(
            session =>
            {
                session.Dialect.HoldSnapshot(session);
                return session.Dialect.ChangeLog(time);
            },
            ct);
        return new ChangeLogSession(log!, (sql, values, token) => held.RunAsync(session => session.Query(sql, [.. values]), token));
    }

    /// <summary>Refuses a login that could write, or do so by what it is to read.</summary>
    private async Task DemandAsync(OdbcHolder held, SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var access = await held.RunAsync(session => session.Dialect.Access(session), ct);
        await connection.ReportAsync(access, ct);
        access.Demand(TakesWritable);
        if (!TakesWritable) await held.RunAsync(session => session.Dialect.DemandPlain(session, access, request), ct);
    }

    /// <summary>Asks something in a session of its own.</summary>
    private async Task<T> AskAsync<T>(SourceConnection connection, Func<OdbcSession, T> ask, CancellationToken ct)
    {
        var held = new OdbcHolder(Read(connection), new OdbcThread(time, CatalogTimeout), options.Value);
        try
        {
            await held.OpenAsync(_gate, ConnectTimeout, CatalogTimeout, ct);
            return await held.RunAsync(ask, ct);
        }
        finally
        {
            await held.EndAsync();
        }
    }

    private OdbcParameters Read(SourceConnection connection)
    {
        ConnectionFaults.Demand(Validate(connection.ConnectionParams));
        return OdbcParameters.Read(connection);
    }
}
