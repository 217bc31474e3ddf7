using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental;

/// <summary>Sets aside what lies outside a window, for sources that cannot be asked for exactly it.</summary>
internal sealed class WindowFilter(CursorWindow window)
{
    private readonly CursorMember _member = new(window.Field);
    private readonly CursorValue? _from = ValueOf(window.From);
    private readonly CursorValue? _to = ValueOf(window.To);

    public void Apply(RecordBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var json = _member.Find(batch.Raw[i]);
            if (json.IsEmpty ? !window.Nulls : IsOutside(CursorValue.Parse(json))) batch.SetAside(i);
        }
    }

    private bool IsOutside(CursorValue value) => (_from is { } from && value.CompareTo(from) < 0) || (_to is { } to && value.CompareTo(to) >= 0);

    private static CursorValue? ValueOf(JsonElement? json) => json is { } given ? CursorValue.Parse(Encoding.UTF8.GetBytes(given.GetRawText())) : null;
}
