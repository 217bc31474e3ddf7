using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>SQLite files below the operator's folders.</summary>
internal sealed class SqliteConnector(IOptions<ExtractOptions> options, TimeProvider time) : IReadsWindows, IVerifiesReadOnly
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

    /// <summary>SQLite works on the caller's thread, so each batch is made on one of the pool's.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        await connection.ReportAsync(ReadOnly, ct);
        using var read = await Task.Run(() => SqliteRead.Start(File(connection), request, time, ct), ct);
        while (await Task.Run(read.Next, ct) is { } batch) yield return batch;
    }

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
        var faults = Validate(connection.ConnectionParams).ToList();
        return faults.Count == 0
            ? _paths.Resolve(connection.ConnectionParams.GetProperty("path").GetString()!)
            : throw new SyncFailureException(SyncFailure.Permanent("errors.connection.parameters")) { Faults = faults };
    }
}
