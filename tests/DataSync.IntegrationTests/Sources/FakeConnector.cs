using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Sources;

/// <summary>A database in memory with two secrets. Host <c>hangs</c> never answers, <c>away</c> refuses, the login of <c>writable</c> could write.</summary>
internal sealed class FakeConnector : IConnector, IVerifiesReadOnly
{
    public string Driver => "fake";

    public IReadOnlySet<string> AddressFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "host" };

    public IReadOnlySet<string> SecretFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "password", "token" };

    public IReadOnlySet<string> ConnectionFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "host", "database", "password", "token" };

    /// <summary>The records of every table.</summary>
    public IReadOnlyList<string> Records { get; set; } = ["""{"id":1,"name":"a"}""", """{"id":9007199254740993,"name":null}""", """{"id":3,"extra":[1]}"""];

    public IEnumerable<Fault> Validate(JsonElement connectionParams)
    {
        foreach (var member in connectionParams.EnumerateObject())
            if (member.Name != "driver" && !ConnectionFields.Contains(member.Name)) yield return new Fault("/connection_params/" + member.Name, "faults.unknown");
        if (!connectionParams.TryGetProperty("host", out _)) yield return new Fault("/connection_params/host", "faults.required");
    }

    public bool TakesWritable { get; set; }

    /// <summary>What was looked at, in order: host and password.</summary>
    public ConcurrentQueue<(string Host, string Password)> Looked { get; } = new();

    public async Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct)
    {
        var given = connection.ConnectionParams;
        var host = given.GetProperty("host").GetString()!;
        Looked.Enqueue((host, given.TryGetProperty("password", out var password) ? password.ToString() : ""));
        if (host == "hangs") await Task.Delay(Timeout.Infinite, ct);
        if (host == "away") throw new SyncFailureException(SyncFailure.Transient("errors.connection.refused", ("host", host), ("port", 1)));
        return host == "writable" ? new AccessReport(["superuser", "table public.orders"]) : new AccessReport([], Replication: host == "follows");
    }

    public async Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
    {
        if (connection.ConnectionParams.GetProperty("host").GetString() == "hangs") await Task.Delay(Timeout.Infinite, ct);
        if (connection.ConnectionParams.GetProperty("host").GetString() == "became writable") await connection.ReportAsync(new AccessReport(["table t"]), ct);
        return
        [
            new ConnectionCheck("connect", true, 1.5, Params: new Dictionary<string, object?>(StringComparer.Ordinal) { ["tls_version"] = "1.3" }),
            new ConnectionCheck("authenticate", false, 2, "errors.source.no_connector", "hints.encryption.save_again"),
            new ConnectionCheck("query", null, 0),
        ];
    }

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct)
        => Task.FromResult<IReadOnlyList<SourceTable>>([new SourceTable("public", "orders", "table", [new SourceColumn("id", "bigint", "number", false)], ["id"])]);

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Yield();
        foreach (var record in Records.Take((int)(request.RowLimit ?? int.MaxValue)))
        {
            var buffer = new RecordBuffer();
            buffer.Add(Encoding.UTF8.GetBytes(record));
            yield return new RecordBatch(0, buffer);
        }
    }
}
