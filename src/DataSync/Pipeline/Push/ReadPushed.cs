namespace DataSync.Pipeline.Push;

/// <summary>A delivery that waits for its job.</summary>
/// <param name="Position">Its place within the job; places rise, and may have gaps.</param>
/// <param name="Payload">The body as it was sent, decompressed.</param>
internal readonly record struct PushedPayload(long Position, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Streams the deliveries of a run behind a place: those that are its job's already, then all that have arrived at the source by now, which become its job's. The room of
/// the jobs answers it. Throws <see cref="StaleFenceException"/> where the job is another worker's.
/// </summary>
internal delegate IAsyncEnumerable<PushedPayload> ReadPushed(SyncRun run, long after, CancellationToken ct);
