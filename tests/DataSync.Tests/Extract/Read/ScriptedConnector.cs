using System.Runtime.CompilerServices;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Extract.Read;

/// <summary>A connector that does what a script says: each attempt gives so many records one by one, then fails or ends.</summary>
internal sealed class ScriptedConnector(bool resumable, params (int Records, SyncFailure? Failure)[] attempts) : IConnector
{
    public List<ReadRequest> Requests { get; } = [];

    public string Driver => "scripted";

    public IReadOnlySet<string> AddressFields => SecretFields;

    public IReadOnlySet<string> SecretFields => new HashSet<string>();

    public IReadOnlySet<string> ConnectionFields => new HashSet<string>();

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => [];

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => throw new NotSupportedException();

    public async IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        Requests.Add(request);
        var (records, failure) = attempts[Requests.Count - 1];
        for (var i = 0; i < records; i++)
        {
            ct.ThrowIfCancellationRequested();
            await Task.Yield();
            var buffer = new RecordBuffer();
            var seq = request.FirstSeq + i;
            buffer.Add(JsonSerializer.SerializeToUtf8Bytes(new { seq }));
            yield return new RecordBatch(seq, buffer) { ResumeToken = resumable ? JsonSerializer.SerializeToUtf8Bytes(seq) : default };
        }

        if (failure is not null) throw new SyncFailureException(failure, new InvalidOperationException("canary-secret"));
    }
}
