using System.Collections.Concurrent;

namespace DataSync.Process.Realtime;

/// <summary>
/// Equal pieces of memory, used again and again: so that what the process takes stays what is counted, whatever sizes records have. Never moved: the
/// collector need not hold them twice while it tidies up. Cleared when they come back, since they held a customer's records; let go when nothing was held for a while.
/// </summary>
internal sealed class SlabPool : IDisposable
{
    /// <summary>Bytes of a slab.</summary>
    public const int SlabBytes = 64 * 1024;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private readonly ConcurrentStack<byte[]> _free = new();
    private readonly ITimer _trim;

    public SlabPool(TimeProvider time) => _trim = time.CreateTimer(_ => _free.Clear(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public byte[] Rent()
    {
        _trim.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return _free.TryPop(out var slab) ? slab : GC.AllocateUninitializedArray<byte>(SlabBytes, pinned: true);
    }

    public void Return(byte[] slab)
    {
        Array.Clear(slab);
        _free.Push(slab);
    }

    /// <summary>Nothing is held: what is free is let go unless it is needed soon.</summary>
    public void TrimLater() => _trim.Change(Idle, Timeout.InfiniteTimeSpan);

    public void Dispose() => _trim.Dispose();
}
