using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Incremental;

/// <summary>Tells what an incremental sync would take an API's cursor for, and how many of the records shown it could place by it.</summary>
internal sealed class CursorPreview
{
    private readonly CursorParameters _parameters;
    private readonly CursorBounds _bounds;
    private readonly CursorMember _member;
    private readonly string? _param;

    private CursorPreview(CursorParameters parameters, string? param)
    {
        (_parameters, _param, _member) = (parameters, param, new CursorMember(parameters.Field));
        _bounds = new CursorBounds { Field = parameters.Field, IsOrdered = false, Scale = CursorScale.Of(isOrdered: false, parameters.Order), Nulls = parameters.ReadsNulls, Lag = parameters.Lag };
    }

    /// <summary>Null where the source names no cursor.</summary>
    /// <param name="given">Validated <c>extraction_params</c>.</param>
    public static CursorPreview? Of(JsonElement given)
        => given.ValueKind == JsonValueKind.Object && CursorParameters.Read(given) is { } parameters ? new CursorPreview(parameters, given.Given("cursor_param")?.GetString()) : null;

    /// <summary>Writes the member <c>cursor</c>. Its <c>kind</c> is null where no record has a value.</summary>
    public void Write(Utf8JsonWriter json, IEnumerable<RecordBatch> batches)
    {
        CursorValue? greatest = null;
        var (placed, odd, without) = (0, 0, 0);
        foreach (var batch in batches)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var found = _member.Find(batch.Raw[i]);
                if (found.IsEmpty)
                {
                    without++;
                    continue;
                }

                var value = _bounds.Scale.Parse(found);
                if (_bounds.IsOdd(value, greatest))
                {
                    odd++;
                    continue;
                }

                placed++;
                if (greatest is not { } last || value > last) greatest = value;
            }
        }

        json.WriteStartObject("cursor");
        json.WriteString("field", _parameters.Field);
        json.WriteString("param", _param);
        json.WriteString("kind", greatest is { } known ? Name(known.Kind) : odd > 0 ? "unordered" : null);
        json.WritePropertyName("greatest");
        if (greatest is { } most) most.ToJson().WriteTo(json);
        else json.WriteNullValue();
        json.WriteNumber("ordered", placed);
        json.WriteNumber("unordered", odd);
        json.WriteNumber("without_value", without);
        json.WriteEndObject();
    }

    private static string Name(CursorKind kind) => kind switch
    {
        CursorKind.Number => "number",
        CursorKind.Time => "time",
        CursorKind.LocalTime => "time_without_offset",
        CursorKind.Date => "date",
        _ => "text",
    };
}
