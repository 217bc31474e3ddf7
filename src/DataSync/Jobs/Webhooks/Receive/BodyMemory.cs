namespace DataSync.Jobs.Webhooks.Receive;

/// <summary>Counts what bodies take of this process's memory. It is taken as bytes come and not as they are announced, so a sender who sends nothing holds nothing.</summary>
internal sealed class BodyMemory(WebhookOptions options)
{
    private long _held;

    /// <summary>Bytes that bodies hold at the moment.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>A body's share; it grows with the body, and disposing it gives it back.</summary>
    public Share Open() => new(this);

    private bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= options.MemoryBytes) return true;
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
            if (!memory.TryTake(bytes)) return false;
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
