using System.Buffers;
using System.ComponentModel;
using Microsoft.Extensions.Caching.Hybrid;

namespace DataSync.Platform.Caching;

/// <summary>An object that was made of a text and is kept as it is.</summary>
/// <param name="value">The object; it never changes.</param>
/// <param name="weight">What it counts for, in bytes of memory.</param>
[ImmutableObject(true)]
internal sealed class MadeObject(object value, int weight)
{
    public object Value { get; } = value;

    public int Weight { get; } = weight;
}

/// <summary>HybridCache learns what an entry weighs by writing it. That is all that is asked of this: the object itself is what is kept.</summary>
internal sealed class MadeObjectWeight : IHybridCacheSerializer<MadeObject>
{
    public void Serialize(MadeObject value, IBufferWriter<byte> target)
    {
        target.GetSpan(value.Weight)[..value.Weight].Clear();
        target.Advance(value.Weight);
    }

    public MadeObject Deserialize(ReadOnlySequence<byte> source) => throw new NotSupportedException("What is made of a text never leaves this process.");
}
