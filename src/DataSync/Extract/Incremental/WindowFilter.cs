using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental;

/// <summary>Sets aside what is known to lie outside a window, for sources that cannot be asked for exactly it.</summary>
internal sealed class WindowFilter(CursorWindow window, CursorScale scale)
{
    private readonly CursorMember _member = new(window.Field);
    private readonly CursorValue? _from = scale.Parse(window.From);
    private readonly CursorValue? _to = scale.Parse(window.To);

    public void Apply(RecordBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var json = _member.Find(batch.Raw[i]);
            if (json.IsEmpty ? !window.Nulls && !batch.IsRejected(i) : IsOutside(scale.Measure(json))) batch.SetAside(i);
        }
    }

    private bool IsOutside(CursorValue value)
        => (_from is { } from && scale.ComparesBound(value, from) && value < from) || (_to is { } to && scale.ComparesBound(value, to) && value >= to);
}
