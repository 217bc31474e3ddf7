using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Extract.Connectors.Network;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.MySql;

/// <summary>MySQL from 8.0, MariaDB from 10.4, and what speaks their protocol.</summary>
internal sealed class MySqlConnector(EgressPolicy egress, IOptions<ExtractOptions> options, TimeProvider time) : IReadsWindows, IVerifiesReadOnly, ITracksChanges, IChangeLogSource
{
    private const int DefaultPort = 3306;
    private const int LongestName = 128;
    private static readonly TimeSpan CatalogTimeout = TimeSpan.FromSeconds(30);

    /// <summary>So long beyond its own time a server may take to say that a statement is over its time.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    private readonly ExtractOptions _options = options.Value;
    private readonly MySqlGate _gate = new(egress, time);

    public string Driver => "mysql";

    public bool ReadsInOrder => true;

    public IReadOnlySet<string> SecretFields => ServerParametersValidation.Secrets;

    public IReadOnlySet<string> AddressFields => ServerParametersValidation.Addresses;

    public IReadOnlySet<string> ConnectionFields => ServerParametersValidation.Fields;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => new ServerParametersValidation(_options, LongestName).Validate(connectionParams);

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
        => new MySqlConnectionTest(connection, Read(connection), egress, _options, time).RunAsync(ct);

    public bool TakesWritable => _options.AllowWritableSources;

    public Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, GrantProbe.AskAsync, ct);

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct)
        => AskAsync(connection, MySqlCatalog.ReadAsync, ct);

    public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => ReadAsync(connection, request, null, ct);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, [EnumeratorCancellation] CancellationToken ct)
    {
        var source = Read(connection);
        var session = await MySqlErrors.GuardAsync(() => _gate.OpenAsync(source, request.StatementTimeout, ct), source, ct);

        // the server counts too; this clock is for one that does not, or is no longer there
        using var deadline = new CancellationTokenSource(request.StatementTimeout + Margin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var patience = new ServerPatience(request.StatementTimeout + Margin + Margin, time);
        MySqlRead? read = null;
        try
        {
            read = await MySqlErrors.GuardAsync(() => patience.WaitAsync(token => StartAsync(session, connection, request, beside, token), either.Token), source, ct, session);
            while (await MySqlErrors.GuardAsync(() => patience.WaitAsync(read.NextAsync, either.Token), source, ct, session) is { } batch) yield return batch;
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

    /// <summary>Null where the login may not see which transactions run.</summary>
    public Task<WindowPlan?> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
        => AskAsync(
            connection, request.StatementTimeout,
            async (session, token) =>
            {
                await session.PrepareForLooksAsync(token);
                await DemandAsync(session, connection, token);
                return await new MySqlPlanner(session, time).PlanAsync(request, lag, token);
            },
            ct);

    public Task<T> LookAsync<T>(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct)
        => AskAsync(
            connection, request.StatementTimeout,
            async (session, token) =>
            {
                await session.PrepareForLooksAsync(token);
                await DemandAsync(session, connection, token);
                return await look(Session(session));
            },
            ct);

    public Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => Tracker.OfferAsync(connection, request, ct);

    public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct) => Tracker.PlanAsync(connection, request, last, ct);

    public IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct) => Tracker.ReadAsync(connection, request, plan, ct);

    public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct) => Tracker.SetupAsync(connection, request, last, ct);

    /// <summary>The server keeps nothing for anybody: the change log is the customer's.</summary>
    public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null) => Task.CompletedTask;

    private ChangeLogTracker Tracker => new(this, time);

    private ChangeLogSession Session(MySqlSession session) => new(new MySqlChangeLog('`', time), async (sql, values, ct) =>
    {
        var rows = new List<string?[]>();
        await session.QueryAsync(
            sql, values, row => rows.Add([.. Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? null : Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture))]), ct);
        return rows;
    });

    private ServerParameters Read(SourceConnection connection)
    {
        ConnectionFaults.Demand(Validate(connection.ConnectionParams));
        return ServerParameters.Read(connection, DefaultPort);
    }

    /// <summary>Asks the catalog.</summary>
    private Task<T> AskAsync<T>(SourceConnection connection, Func<MySqlSession, CancellationToken, Task<T>> ask, CancellationToken ct)
        => AskAsync(
            connection, CatalogTimeout,
            async (session, token) =>
            {
                await session.BeginAsync(token);
                return await ask(session, token);
            },
            ct);

    /// <summary>Asks the server in a session of its own.</summary>
    private async Task<T> AskAsync<T>(SourceConnection connection, TimeSpan timeout, Func<MySqlSession, CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        var source = Read(connection);
        var session = await MySqlErrors.GuardAsync(() => _gate.OpenAsync(source, timeout, ct), source, ct);
        var patience = new ServerPatience(timeout + Margin, time);
        try
        {
            return await MySqlErrors.GuardAsync(() => patience.WaitAsync(token => ask(session, token), ct), source, ct, session);
        }
        finally
        {
            await patience.EndAsync(async () => await session.DisposeAsync());
        }
    }

    private async Task<MySqlRead> StartAsync(MySqlSession session, SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, CancellationToken ct)
    {
        await session.BeginAsync(ct);
        await DemandAsync(session, connection, ct);
        if (beside is not null) await beside(Session(session));
        return await MySqlRead.StartAsync(session, request, ct);
    }

    private async Task DemandAsync(MySqlSession session, SourceConnection connection, CancellationToken ct)
    {
        var access = await GrantProbe.AskAsync(session, ct);
        await connection.ReportAsync(access, ct);
        access.Demand(TakesWritable);
    }
}
