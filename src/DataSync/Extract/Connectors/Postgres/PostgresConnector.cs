using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Connectors.Postgres.Log;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.Postgres;

/// <summary>PostgreSQL, and what speaks its protocol.</summary>
internal sealed class PostgresConnector(EgressPolicy egress, IOptions<ExtractOptions> options, TimeProvider time) : IReadsWindows, ITracksChanges, IVerifiesReadOnly, IChangeLogSource, IAsyncDisposable
{
    private const int DefaultPort = 5432;
    private const int LongestName = 63;

    /// <summary>How long a question to the catalog may take.</summary>
    public static readonly TimeSpan CatalogTimeout = TimeSpan.FromSeconds(30);

    /// <summary>So long beyond its own time a server may take to say that a statement is over its time.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(3);

    private readonly ExtractOptions _options = options.Value;
    private readonly PostgresGate _gate = new(egress, time);
    private readonly IdleSessions _idle = new(time);

    public string Driver => "postgresql";

    public bool ReadsInOrder => true;

    public IReadOnlySet<string> SecretFields => ServerParametersValidation.Secrets;

    public IReadOnlySet<string> AddressFields => ServerParametersValidation.Addresses;

    public IReadOnlySet<string> ConnectionFields => ServerParametersValidation.Fields;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => new ServerParametersValidation(_options, LongestName).Validate(connectionParams);

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
        => new PostgresConnectionTest(connection, Read(connection), egress, _options, time).RunAsync(ct);

    public bool TakesWritable => _options.AllowWritableSources;

    public Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, PrivilegeProbe.AskAsync, ct);

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct)
        => AskAsync(connection, PostgresCatalog.ReadAsync, ct);

    public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => ReadAsync(connection, request, null, ct);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, [EnumeratorCancellation] CancellationToken ct)
    {
        var source = Read(connection);
        var patience = new ServerPatience(request.StatementTimeout + Margin, time);
        var session = await GuardAsync(() => _gate.BeginAsync(source, connection.Owner, _idle, request.StatementTimeout, patience, ct), source, ct);
        PostgresRead? read = null;
        try
        {
            read = await GuardAsync(() => patience.WaitAsync(token => StartAsync(session, connection, request, beside, token), ct), source, ct);
            while (await GuardAsync(() => patience.WaitAsync(read.NextAsync, ct), source, ct) is { } batch) yield return batch;
            session.KeepFor(connection.Owner, _idle);
        }
        finally
        {
            await patience.EndAsync(async () =>
            {
                if (read is not null) await read.DisposeAsync();
                await session.DisposeAsync();
            });
        }
    }

    /// <summary>Each look is a transaction of its own: the server decides meanwhile what was undecided.</summary>
    public async Task<WindowPlan?> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
    {
        var source = Read(connection);
        var patience = new ServerPatience(request.StatementTimeout + Margin, time);
        var session = await _gate.OpenAsync(source, request.StatementTimeout, ct);
        try
        {
            return await GuardAsync(() => patience.WaitAsync(token => LookAsync(session, connection, request, last, lag, token), ct), source, ct);
        }
        finally
        {
            await patience.EndAsync(async () => await session.DisposeAsync());
        }
    }

    public JsonElement Widen(JsonElement extent, decimal? by) => PostgresExtent.Read(extent).Widen(by).ToJson();

    public JsonElement? Earlier(JsonElement extent, decimal by, JsonElement? from) => PostgresExtent.Read(extent).Earlier(by, from)?.ToJson();

    /// <summary>The server's log, and where that cannot be had a change log that is there.</summary>
    public async Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var log = await Log.OfferAsync(connection, request, ct);
        if (log.IsAvailable) return log;
        var changeLog = await ChangeLog.OfferAsync(connection, request, ct);
        return changeLog.IsAvailable ? changeLog : log;
    }

    public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct)
        => offer.Method == TrackingMethods.ChangeLog ? ChangeLog.PlanAsync(connection, request, last, ct) : Log.PlanAsync(connection, request, offer, last, ct);

    public IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct)
        => ChangeLogExtent.Is(plan.Extent) ? ChangeLog.ReadAsync(connection, request, plan, ct) : Log.ReadAsync(connection, request, plan, ct);

    /// <summary>That of the log, unless a change log is there, or what the log needs takes more than statements to a running server.</summary>
    public async Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct)
    {
        var log = await Log.SetupAsync(connection, request, ct);
        if (log.IsAvailable) return log;
        var changeLog = await ChangeLog.SetupAsync(connection, request, last, ct);
        return changeLog.IsAvailable || (changeLog.Setup.Count > 0 && log.Checks.Any(c => c is { Passed: false, Name: "version" or "primary" or "wal_level" })) ? changeLog : log;
    }

    public Task<HeldLog?> HeldAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, (session, token) => LogFacts.HeldAsync(session, LogNames.Of(connection), token), ct);

    public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null) => Log.ReleaseAsync(connection, isUnused, ct);

    public ValueTask DisposeAsync() => _idle.DisposeAsync();

    public async Task<T> LookAsync<T>(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct)
    {
        var source = Read(connection);
        var patience = new ServerPatience(request.StatementTimeout + Margin, time);
        var session = await _gate.OpenAsync(source, request.StatementTimeout, ct);
        try
        {
            return await GuardAsync(() => patience.WaitAsync(token => LookAsync(session, request, look, token), ct), source, ct);
        }
        finally
        {
            await patience.EndAsync(async () => await session.DisposeAsync());
        }
    }

    private PostgresTracking Log => new(this, _gate, time);

    /// <summary>Where the log cannot be had.</summary>
    internal ChangeLogTracker ChangeLog => new(this, time);

    private static async Task<T> LookAsync<T>(PostgresSession session, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct)
    {
        await session.PrepareForLooksAsync(request.StatementTimeout, ct);
        return await look(Session(session));
    }

    private static ChangeLogSession Session(PostgresSession session) => new(new PostgresChangeLog(isNumbered: true), async (sql, values, ct) =>
    {
        var rows = new List<string?[]>();
        await using var reader = await session.QueryAsync(sql, values.Select(PostgresSession.Text), CommandBehavior.Default, ct);
        while (await reader.ReadAsync(ct))
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))]);
        return rows;
    });

    /// <summary>A source's parameters. Fails with everything that is wrong with them.</summary>
    internal ServerParameters Read(SourceConnection connection)
    {
        ConnectionFaults.Demand(Validate(connection.ConnectionParams));
        return ServerParameters.Read(connection, DefaultPort);
    }

    /// <summary>Asks the catalog in a session of its own; one that <paramref name="keeps"/> serves the owner's next question too.</summary>
    internal async Task<T> AskAsync<T>(SourceConnection connection, Func<PostgresSession, CancellationToken, Task<T>> ask, CancellationToken ct, bool keeps = false)
    {
        var source = Read(connection);
        var patience = new ServerPatience(CatalogTimeout + Margin, time);
        var session = await GuardAsync(() => _gate.BeginAsync(source, keeps ? connection.Owner : "", _idle, CatalogTimeout, patience, ct), source, ct);
        try
        {
            var answer = await GuardAsync(() => patience.WaitAsync(token => ask(session, token), ct), source, ct);
            if (keeps) session.KeepFor(connection.Owner, _idle);
            return answer;
        }
        finally
        {
            await patience.EndAsync(async () => await session.DisposeAsync());
        }
    }

    private async Task<WindowPlan?> LookAsync(PostgresSession session, SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
    {
        await session.PrepareForLooksAsync(request.StatementTimeout, ct);
        var planner = new PostgresPlanner(session, time);
        var table = request.Table is { } name ? await PostgresTable.FindAsync(session, name, ct, request.Window?.Field) : null;
        if (table is not { HasRowVersions: true, IsPlain: true }) await DemandAsync(session, connection, request, ct);
        if (table is { HasRowVersions: true }) return await planner.OfTableAsync(table, request, last, lag, ct);
        var (sql, values) = table is null ? PostgresStatement.Bind(request) : ($"SELECT * FROM {table.QuotedName}", []);
        return await planner.OfQueryAsync(sql, values, request, lag, ct);
    }

    /// <summary>Refuses a login that could write.</summary>
    internal async Task<AccessReport> DemandAsync(PostgresSession session, SourceConnection connection, CancellationToken ct)
    {
        var access = await PrivilegeProbe.AskAsync(session, ct);
        await connection.ReportAsync(access, ct);
        access.Demand(TakesWritable);
        return access;
    }

    /// <summary>Refuses a login that could write, or do so by what it is to read.</summary>
    private async Task DemandAsync(PostgresSession session, SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var access = await DemandAsync(session, connection, ct);
        if (access.Replication && !TakesWritable && (request.Table is not { } table || !(await PostgresTable.FindAsync(session, table, ct, request.Window?.Field)).IsPlain)) throw SlotGuard.Refusal();
    }

    private async Task<PostgresRead> StartAsync(PostgresSession session, SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, CancellationToken ct)
    {
        await DemandAsync(session, connection, request, ct);
        if (beside is not null) await beside(Session(session));
        return await PostgresRead.StartAsync(session, request, ct);
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work, ServerParameters source, CancellationToken ct)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (PostgresErrors.IsKnown(e))
        {
            ct.ThrowIfCancellationRequested();
            throw PostgresErrors.Map(e, source, opening: false);
        }
    }
}
