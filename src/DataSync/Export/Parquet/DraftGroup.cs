namespace DataSync.Export.Parquet;

/// <summary>A row group read back from the draft. Its memory is kept for the next.</summary>
internal sealed class DraftGroup : RowGroup
{
    private readonly List<int> _ends = [];
    private byte[] _bytes = [];

    public override ReadOnlySpan<byte> this[int column]
        => column < _ends.Count ? _bytes.AsSpan(Start(column), _ends[column] - Start(column)) : default;

    /// <summary>Reads the next row group.</summary>
    public async ValueTask ReadAsync(DraftReader draft)
    {
        Rows = await draft.ReadNumberAsync();
        var (columns, end) = (await draft.ReadNumberAsync(), 0);
        _ends.Clear();
        for (var i = 0; i < columns; i++) _ends.Add(end = checked(end + await draft.ReadNumberAsync()));

        // with room to spare: no two row groups are of one size
        if (_bytes.Length < end) _bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(end * 5L / 4, Array.MaxLength));
        await draft.ReadAsync(_bytes.AsMemory(0, end));
    }

    private int Start(int column) => column == 0 ? 0 : _ends[column - 1];
}
