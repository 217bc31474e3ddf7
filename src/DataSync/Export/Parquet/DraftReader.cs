using System.Buffers.Binary;
using DataSync.Export.Storage;

namespace DataSync.Export.Parquet;

/// <summary>Reads a draft of row groups from its beginning.</summary>
internal sealed class DraftReader(StagedFile draft, CancellationToken ct) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<ReadOnlyMemory<byte>> _parts = draft.ReadBackAsync(0, ct).GetAsyncEnumerator(ct);
    private readonly byte[] _number = new byte[4];
    private readonly long _length = draft.Length;
    private ReadOnlyMemory<byte> _part;
    private long _read;

    public bool IsAtEnd => _read == _length;

    /// <summary>Reads a 32-bit number.</summary>
    public async ValueTask<int> ReadNumberAsync()
    {
        await ReadAsync(_number);
        return BinaryPrimitives.ReadInt32LittleEndian(_number);
    }

    /// <summary>Fills <paramref name="target"/>.</summary>
    /// <exception cref="EndOfStreamException">The draft is shorter.</exception>
    public async ValueTask ReadAsync(Memory<byte> target)
    {
        while (target.Length > 0)
        {
            if (_part.IsEmpty)
            {
                if (!await _parts.MoveNextAsync()) throw new EndOfStreamException();
                _part = _parts.Current;
                continue;
            }

            var taken = Math.Min(_part.Length, target.Length);
            _part[..taken].CopyTo(target);
            (_part, target) = (_part[taken..], target[taken..]);
            _read += taken;
        }
    }

    public ValueTask DisposeAsync() => _parts.DisposeAsync();
}
