using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Extract.Incremental.ChangeLog;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>SQLite files below the operator's folders.</summary>
internal sealed class SqliteConnector(IOptions<ExtractOptions> options, TimeProvider time) : IReadsWindows, IVerifiesReadOnly, ITracksChanges, IChangeLogSource
{
    private static readonly TimeSpan CatalogTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Every file is opened read-only, and every step of a statement is authorised: there is no login that could do more.</summary>
    private static readonly AccessReport ReadOnly = new([]);

    private readonly SqlitePath _paths = new(options.Value);

    public string Driver => "sqlite";

    public bool ReadsInOrder => true;

    public IReadOnlySet<string> SecretFields { get; } = new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlySet<string> AddressFields => SecretFields;

    public IReadOnlySet<string> ConnectionFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "path" };

    public IEnumerable<Fault> Validate(JsonElement connectionParams)
        => SourceFields.Unknown(connectionParams, ConnectionFields).Concat(SourceFields.Text(connectionParams, "path", 4096));

    /// <summary>True: no file is ever opened for writing, so it does not matter.</summary>
    public bool TakesWritable => true;

    public Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct) => Task.Run(
        () =>
        {
            Query(File(connection), ct);
            return ReadOnly;
        },
        ct);

    public async Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
    {
        var checks = new CheckList(time);
        var file = "";
        var passed = await checks.RunAsync("path", () => Step(() => file = File(connection)))
            && await checks.RunAsync("query", () => Task.Run(() => Step(() => Query(file, ct)), ct));
        if (passed) await checks.RunAsync("read_only", async () => { await connection.ReportAsync(ReadOnly, ct); return ReadOnly.Shown(); });
        return checks.Complete(["path", "query", "read_only"]);
    }

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => Task.Run(
        () =>
        {
            using var database = SqliteDatabase.Open(File(connection), time, CatalogTimeout, ct);
            return SqliteTable.List(database);
        },
        ct);

    public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => ReadAsync(connection, request, null, ct);

    /// <summary>SQLite works on the caller's thread, so each batch is made on one of the pool's.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task>? beside, [EnumeratorCancellation] CancellationToken ct)
    {
        await connection.ReportAsync(ReadOnly, ct);
        using var database = await Task.Run(() => SqliteDatabase.Open(File(connection), time, request.StatementTimeout, ct), ct);
        if (beside is not null)
        {
            database.Begin();
            await beside(Session(database));
        }

        using var read = await Task.Run(() => SqliteRead.Start(database, request), ct);
        while (await Task.Run(read.Next, ct) is { } batch) yield return batch;
    }

    public async Task<T> LookAsync<T>(SourceConnection connection, ReadRequest request, Func<ChangeLogSession, Task<T>> look, CancellationToken ct)
    {
        using var database = await Task.Run(() => SqliteDatabase.Open(File(connection), time, CatalogTimeout, ct), ct);
        return await look(Session(database));
    }

    public Task<TrackingOffer> OfferAsync(SourceConnection connection, ReadRequest request, CancellationToken ct) => Tracker.OfferAsync(connection, request, ct);

    public Task<ChangePlan> PlanAsync(SourceConnection connection, ReadRequest request, TrackingOffer offer, JsonElement? last, CancellationToken ct) => Tracker.PlanAsync(connection, request, last, ct);

    public IAsyncEnumerable<RecordBatch> ReadChangesAsync(SourceConnection connection, ReadRequest request, ChangePlan plan, CancellationToken ct) => Tracker.ReadAsync(connection, request, plan, ct);

    public Task<TrackingSetup> SetupAsync(SourceConnection connection, ReadRequest request, JsonElement? last, CancellationToken ct) => Tracker.SetupAsync(connection, request, last, ct);

    /// <summary>A file keeps nothing for anybody.</summary>
    public Task ReleaseAsync(SourceConnection connection, JsonElement? last, CancellationToken ct, Func<CancellationToken, Task<bool>>? isUnused = null) => Task.CompletedTask;

    private ChangeLogTracker Tracker => new(this, time);

    private static ChangeLogSession Session(SqliteDatabase database) => new(new SqliteChangeLog(), (sql, values, ct) => Task.Run(() => database.Query(sql, values), ct));

    private static Task<IReadOnlyDictionary<string, object?>?> Step(Action step)
    {
        step();
        return Task.FromResult<IReadOnlyDictionary<string, object?>?>(null);
    }

    private void Query(string file, CancellationToken ct)
    {
        using var database = SqliteDatabase.Open(file, time, CatalogTimeout, ct);
        using var statement = SqliteStatement.Prepare(database, "SELECT count(*) FROM sqlite_master");
        statement.Step();
    }

    private string File(SourceConnection connection)
    {
        ConnectionFaults.Demand(Validate(connection.ConnectionParams));
        return _paths.Resolve(connection.ConnectionParams.GetProperty("path").GetString()!);
    }
}
