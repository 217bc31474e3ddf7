namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>Counts what bodies take of this process's memory. It is taken as bytes come and not as they are announced, so a sender who sends nothing holds nothing.</summary>
internal sealed class BodyMemory(WebhookOptions options)
{
    /// <summary>Bytes of a body that counts as small: most deliveries are far below.</summary>
    private const int Small = 64 * 1024;

    private readonly long _forLarge = options.MemoryBytes - options.SmallBodiesBytes;
    private long _held;

    /// <summary>Bytes that bodies hold at the moment.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>A body's share; it grows with the body, and disposing it gives it back.</summary>
    public Share Open() => new(this);

    private bool TryTake(int bytes, bool isSmall)
    {
        if (Interlocked.Add(ref _held, bytes) <= (isSmall ? options.MemoryBytes : _forLarge)) return true;
        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    /// <summary>What one request holds.</summary>
    internal sealed class Share(BodyMemory memory) : IDisposable
    {
        private int _bytes;

        /// <summary>Takes so many bytes more; false where there are none.</summary>
        public bool TryTake(int bytes)
        {
            if (!memory.TryTake(bytes, _bytes + bytes <= Small)) return false;
            _bytes += bytes;
            return true;
        }

        public void Dispose()
        {
            Interlocked.Add(ref memory._held, -_bytes);
            _bytes = 0;
        }
    }
}
