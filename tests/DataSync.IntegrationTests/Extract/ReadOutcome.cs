using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract;

/// <summary>Reads through a connector and keeps what a test asks about.</summary>
internal sealed record ReadOutcome(List<string> Documents, List<long> Seqs, List<(long Seq, Rejection Rejection)> Rejections, byte[] Token)
{
    public static async Task<ReadOutcome> OfAsync(IConnector connector, SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var outcome = new ReadOutcome([], [], [], []);
        await foreach (var batch in connector.ReadAsync(connection, request, ct))
        {
            using (batch) outcome = outcome.With(batch);
        }

        return outcome;
    }

    /// <summary>What a read that must fail fails with.</summary>
    public static async Task<SyncFailure> FailureAsync(IConnector connector, SourceConnection connection, ReadRequest request, CancellationToken ct)
        => (await Assert.ThrowsAsync<SyncFailureException>(() => OfAsync(connector, connection, request, ct))).Failure;

    public JsonElement Single() => JsonDocument.Parse(Assert.Single(Documents)).RootElement;

    private ReadOutcome With(RecordBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            Documents.Add(Encoding.UTF8.GetString(batch.Raw[i]));
            Seqs.Add(batch.FirstSeq + i);
            if (batch.TryGetRejection(i, out var rejection)) Rejections.Add((batch.FirstSeq + i, rejection));
        }

        return this with { Token = batch.ResumeToken.ToArray() };
    }
}
