using System.Runtime.CompilerServices;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;
using DataSync.Platform.Tenancy;
using Npgsql;

namespace DataSync.Process.Async;

/// <summary>Keeps records in PostgreSQL, under the database's own tenant isolation.</summary>
internal sealed class AsyncStrategy(TenantDatabase database, TimeProvider time) : IProcessingStrategy
{
    public string Mode => "async";

    public async Task StoreAsync(SyncRun run, IAsyncEnumerable<RecordBatch> batches, CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        var writer = new CommitWriter(connection, run, time);
        run.Stored.Reach(run.Checkpoint.NextSeq);
        await using var enumerator = batches.GetAsyncEnumerator(ct);
        var next = enumerator.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                // A slow source must not hold a commit back: what is written becomes durable after the delay even if nothing follows, or at once where somebody waits for it.
                if (writer.IsOpen && !next.IsCompleted)
                {
                    await Task.WhenAny(next, run.Stored.Wanted).EndsWithinAsync(writer.TimeLeft, time, ct);
                    if (!next.IsCompleted) await writer.CommitAsync(ct);
                }

                if (!await next) break;
                using (var batch = enumerator.Current) await writer.WriteAsync(batch, ct);
                next = enumerator.MoveNextAsync().AsTask();
                if (writer.IsFull) await writer.CommitAsync(ct);
            }

            await writer.FinishAsync(ct);
        }
        finally
        {
            await writer.DisposeAsync();

            // The stream must be still before its enumerator is disposed.
            if (!next.IsCompleted) await next.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, CancellationToken ct) => ReadAsync(run, withSeqs: false, ct);

    /// <summary>The same, each record with its sequence number where <paramref name="withSeqs"/> asks for them.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(SyncRun run, bool withSeqs, [EnumeratorCancellation] CancellationToken ct)
    {
        if (run.Progress.Processed == 0 && run.ExportOf is null) yield break; // the commonest sync of all finds nothing new
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        await using var transaction = await connection.BeginAsync(ct);
        var export = run.Plan.Export;
        var wanted = new StoredSelection(withSeqs, export.IncludeEnhanced ? run.Enrichments : [], WithOriginals: export.ReadsExtracted);
        await foreach (var batch in StoredRecords.ReadAsync(connection.Connection, run, wanted, ct)) yield return batch;
    }

    public async IAsyncEnumerable<SeenValues> ReadSeenAsync(SyncRun run, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        await using var transaction = await connection.BeginAsync(ct);
        await foreach (var seen in SeenWriter.ReadAsync(connection.Connection, run, ct)) yield return seen;
    }

    public async Task ResetAsync(SyncRun run, CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(run.TenantId, ct);
        await using var transaction = await connection.BeginAsync(ct);
        foreach (var table in (string[])["sync_data", "sync_rejections", "sync_enrichments"])
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM public.{table} WHERE tenant_id = $1 AND job_id = $2", connection.Connection, transaction)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = run.TenantId }, new NpgsqlParameter<Guid> { TypedValue = run.JobId } },
                CommandTimeout = 0,
            };
            await delete.ExecuteNonQueryAsync(ct);
        }

        await SeenWriter.DeleteAsync(connection.Connection, run, ct);
        await run.Advance(connection.Connection, new CheckpointMove(new Checkpoint(), 0, 0, 0), ct);
        await transaction.CommitAsync(ct);
    }
}
