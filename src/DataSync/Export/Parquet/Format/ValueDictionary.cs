using System.Buffers;
using System.Numerics;

namespace DataSync.Export.Parquet.Format;

/// <summary>Finds the different values of a page, where they are few, so that each row holds a small number instead. Reused from column to column.</summary>
internal sealed class ValueDictionary
{
    private const int MostValues = 1 << 16;
    private const int MostBytes = 1024 * 1024;

    /// <summary>Different values after which most of those seen must have been there before.</summary>
    private const int Trial = 1024;

    /// <summary>At least twice as many are used as the page has values, or a dictionary may have; each is one more than a value's number.</summary>
    private readonly int[] _slots = new int[MostValues * 2];
    private readonly List<int> _hashes = [];
    private readonly List<int> _firsts = [];
    private int _mask;
    private readonly ArrayBufferWriter<byte> _values = new();
    private int[] _numbers = [];
    private int _count;

    /// <summary>Different values.</summary>
    public int Count => _firsts.Count;

    /// <summary>The different values, encoded as the page has them, in order of first appearance.</summary>
    public ReadOnlySpan<byte> Values => _values.WrittenSpan;

    /// <summary>The number of each value of the page.</summary>
    public ReadOnlySpan<int> Numbers => _numbers.AsSpan(0, _count);

    /// <summary>Bits of the largest number; at least one, because not every reader takes none.</summary>
    public int Width => Math.Max(1, BitOperations.Log2((uint)Math.Max(1, Count - 1)) + 1);

    /// <summary>Reads the page's values. False where a dictionary would not make the page smaller.</summary>
    public bool TryRead(PlainPage page)
    {
        _hashes.Clear();
        _firsts.Clear();
        _values.ResetWrittenCount();
        _count = page.Count;
        _mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(_count, 8, MostValues) * 2) - 1;
        _slots.AsSpan(0, _mask + 1).Clear();
        if (_numbers.Length < _count) _numbers = new int[_count];
        for (var i = 0; i < _count; i++)
        {
            var value = page[i];
            var hash = Hash(value);
            if (!Find(page, value, hash, out var slot) && !TryAdd(i, value, hash, slot)) return false;
            _numbers[i] = _slots[slot] - 1;
        }

        return _count > 0 && _values.WrittenCount + ((long)_count * Width / 8) < page.Values.Length;
    }

    private bool Find(PlainPage page, ReadOnlySpan<byte> value, int hash, out int slot)
    {
        for (slot = hash & _mask; _slots[slot] != 0; slot = (slot + 1) & _mask)
        {
            var number = _slots[slot] - 1;
            if (_hashes[number] == hash && page[_firsts[number]].SequenceEqual(value)) return true;
        }

        return false;
    }

    private bool TryAdd(int index, ReadOnlySpan<byte> value, int hash, int slot)
    {
        if (Count == MostValues || _values.WrittenCount + value.Length > MostBytes || (Count >= Trial && Count > index / 2)) return false;
        _hashes.Add(hash);
        _firsts.Add(index);
        _values.Write(value);
        _slots[slot] = Count;
        return true;
    }

    /// <summary>Seeded: values come from outside.</summary>
    private static int Hash(ReadOnlySpan<byte> value)
    {
        var hash = default(HashCode);
        hash.AddBytes(value);
        return hash.ToHashCode();
    }
}
