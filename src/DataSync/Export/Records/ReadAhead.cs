using System.Runtime.CompilerServices;
using DataSync.Pipeline;

namespace DataSync.Export.Records;

/// <summary>Has the next batch read while one is written: reading waits for the database, writing for the processor. Never more than one, so memory stays flat.</summary>
internal static class ReadAhead
{
    /// <summary>The same batches. Each is the caller's to dispose; one that was read and never handed out is disposed here.</summary>
    public static async IAsyncEnumerable<RecordBatch> OneAhead(this IAsyncEnumerable<RecordBatch> batches, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var enumerator = batches.GetAsyncEnumerator(ct);
        var next = NextAsync(enumerator);
        try
        {
            while (await next)
            {
                var batch = enumerator.Current;
                next = NextAsync(enumerator);
                yield return batch;
            }
        }
        finally
        {
            // The stream must be still before its enumerator is disposed.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (next is { IsCompletedSuccessfully: true, Result: true }) enumerator.Current.Dispose();
        }
    }

    /// <summary>On another thread: what is buffered already is read without waiting.</summary>
    private static Task<bool> NextAsync(IAsyncEnumerator<RecordBatch> enumerator) => Task.Run(async () => await enumerator.MoveNextAsync());
}
