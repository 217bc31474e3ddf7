using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.SqlServer;

/// <summary>SQL Server from 2016, Azure SQL, and what speaks their protocol. Host and port only: no instance is asked for by name.</summary>
internal sealed partial class SqlServerConnector(EgressPolicy egress, IOptions<ExtractOptions> options, TimeProvider time) : IReadsWindows, IVerifiesReadOnly
{
    private const int DefaultPort = 1433;
    private const int LongestName = 128;
    private static readonly TimeSpan CatalogTimeout = TimeSpan.FromSeconds(30);
    private readonly ExtractOptions _options = options.Value;
    private readonly SqlServerGate _gate = new(egress, time);

    public string Driver => "sqlserver";

    public bool ReadsInOrder => true;

    public IReadOnlySet<string> SecretFields => ServerParametersValidation.Secrets;

    public IReadOnlySet<string> AddressFields => ServerParametersValidation.Addresses;

    public IReadOnlySet<string> ConnectionFields => ServerParametersValidation.Fields;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => new ServerParametersValidation(_options, LongestName).Validate(connectionParams);

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
        => new SqlServerConnectionTest(connection, Read(connection), egress, _gate, _options, time).RunAsync(ct);

    public bool TakesWritable => _options.AllowWritableSources;

    public Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, AccessProbe.Ask, ct);

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => AskAsync(connection, SqlServerCatalog.Read, ct);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var session = await _gate.OpenAsync(Read(connection), request.StatementTimeout, ct);
        await DemandAsync(session, connection, ct);
        var read = await session.DoAsync(
            () =>
            {
                var started = SqlServerRead.Start(session, request);
                session.Reads(started);
                return started;
            },
            ct);
        while (await session.DoAsync(read.Next, ct) is { } batch) yield return batch;
    }

    /// <summary>Each look is a statement of its own, in no transaction: what is committed meanwhile is seen.</summary>
    public async Task<WindowPlan?> PlanAsync(SourceConnection connection, ReadRequest request, JsonElement? last, decimal lag, CancellationToken ct)
    {
        await using var session = await _gate.OpenAsync(Read(connection), request.StatementTimeout, ct);
        await DemandAsync(session, connection, ct);
        await session.DoAsync(session.PrepareForLooks, ct);
        return await new SqlServerPlanner(session, request, time).PlanAsync(last, ct);
    }

    public JsonElement Widen(JsonElement extent, decimal? by) => SqlServerExtent.Read(extent).Widen(by).ToJson();

    public JsonElement? Earlier(JsonElement extent, decimal by, JsonElement? from) => SqlServerExtent.Read(extent).Earlier(by)?.ToJson();

    private ServerParameters Read(SourceConnection connection)
    {
        ConnectionFaults.Demand(Validate(connection.ConnectionParams));
        return ServerParameters.Read(connection, DefaultPort);
    }

    /// <summary>Asks the server in a session of its own.</summary>
    private async Task<T> AskAsync<T>(SourceConnection connection, Func<SqlServerSession, T> ask, CancellationToken ct)
    {
        await using var session = await _gate.OpenAsync(Read(connection), CatalogTimeout, ct);
        return await session.DoAsync(
            () =>
            {
                session.Begin();
                return ask(session);
            },
            ct);
    }

    /// <summary>Begins the session's transaction, in which the login's privileges are judged.</summary>
    private async Task DemandAsync(SqlServerSession session, SourceConnection connection, CancellationToken ct)
    {
        var access = await session.DoAsync(
            () =>
            {
                session.Begin();
                return AccessProbe.Ask(session);
            },
            ct);
        await connection.ReportAsync(access, ct);
        access.Demand(TakesWritable);
    }
}
