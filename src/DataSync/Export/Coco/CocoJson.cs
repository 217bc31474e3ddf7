using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Coco.Shapes;
using DataSync.Pipeline;

namespace DataSync.Export.Coco;

/// <summary>COCO's members as text, an image and an annotation a line. Numbers are written as they are, not rounded.</summary>
internal sealed class CocoJson(CocoOptions options, CocoCategories categories) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Everything before the first image.</summary>
    public void Head(IBufferWriter<byte> output, SyncRun run)
    {
        output.Write("{\"info\":"u8);
        Object(output, () =>
        {
            var given = options.Info.ValueKind == JsonValueKind.Object ? options.Info.EnumerateObject().ToList() : [];
            foreach (var member in given) member.WriteTo(_json);
            Default(given, "description", run.SourceId);
            Default(given, "version", "1.0");
            if (given.TrueForAll(m => m.Name != "year")) _json.WriteNumber("year"u8, run.CreatedAt.UtcDateTime.Year);
            Default(given, "contributor", "");
            Default(given, "url", "");
            Default(given, "date_created", UtcTimeConverter.Format(run.CreatedAt));
        });
        output.Write(",\n\"licenses\":"u8);
        Value(output, () =>
        {
            if (options.Licenses.ValueKind == JsonValueKind.Array) options.Licenses.WriteTo(_json);
            else _json.WriteRawValue("""[{"id":0,"name":"","url":""}]"""u8);
        });
        output.Write(",\n\"images\":["u8);
    }

    public void Image(IBufferWriter<byte> output, long id, RecordImage image)
    {
        output.Write(id == 1 ? "\n"u8 : ",\n"u8);
        Object(output, () =>
        {
            _json.WriteNumber("id"u8, id);
            if (image.Size.IsKnown)
            {
                _json.WriteNumber("width"u8, image.Size.Width);
                _json.WriteNumber("height"u8, image.Size.Height);
            }

            _json.WriteString("file_name"u8, image.FileName);
            if (image.Address is not null) _json.WriteString("coco_url"u8, image.Address);
        });
    }

    public void Annotation(IBufferWriter<byte> output, long id, long image, string label, Shape shape)
    {
        output.Write(id == 1 ? "\n"u8 : ",\n"u8);
        Object(output, () =>
        {
            _json.WriteNumber("id"u8, id);
            _json.WriteNumber("image_id"u8, image);
            _json.WriteNumber("category_id"u8, categories.IdOf(label));
            Numbers("bbox", [shape.Box.X, shape.Box.Y, shape.Box.Width, shape.Box.Height]);
            _json.WriteNumber("area"u8, shape.Area);
            _json.WriteNumber("iscrowd"u8, shape.IsCrowd ? 1 : 0);
            Segmentation(shape);
            if (shape.Keypoints is { } points)
            {
                Numbers("keypoints", points);
                _json.WriteNumber("num_keypoints"u8, points.Where((v, i) => i % 3 == 2 && v > 0).Count());
            }

            if (!options.KeepsAttributes) return;
            if (shape.Score is { } score) _json.WriteNumber("score"u8, score);
            if (shape.Attributes.ValueKind != JsonValueKind.Object) return;
            _json.WritePropertyName("attributes"u8);
            shape.Attributes.WriteTo(_json);
        });
    }

    /// <summary>Everything behind the last annotation.</summary>
    public void Tail(IBufferWriter<byte> output)
    {
        output.Write("],\n\"categories\":"u8);
        Value(output, () => categories.Write(_json));
        output.Write("}\n"u8);
    }

    public void Dispose() => _json.Dispose();

    private void Segmentation(Shape shape)
    {
        if (shape.Mask is { } mask)
        {
            _json.WriteStartObject("segmentation"u8);
            Numbers("size", [mask.Height, mask.Width]);
            _json.WriteString("counts"u8, mask.Text());
            _json.WriteEndObject();
            return;
        }

        _json.WriteStartArray("segmentation"u8);
        foreach (var polygon in shape.Polygons)
        {
            _json.WriteStartArray();
            foreach (var number in polygon) _json.WriteNumberValue(number);
            _json.WriteEndArray();
        }

        _json.WriteEndArray();
    }

    private void Numbers(string name, ReadOnlySpan<double> numbers)
    {
        _json.WriteStartArray(name);
        foreach (var number in numbers) _json.WriteNumberValue(number);
        _json.WriteEndArray();
    }

    private void Default(List<JsonProperty> given, string name, string value)
    {
        if (given.TrueForAll(m => !string.Equals(m.Name, name, StringComparison.Ordinal))) _json.WriteString(name, value);
    }

    private void Object(IBufferWriter<byte> output, Action members) => Value(output, () =>
    {
        _json.WriteStartObject();
        members();
        _json.WriteEndObject();
    });

    private void Value(IBufferWriter<byte> output, Action write)
    {
        _json.Reset(output);
        write();
        _json.Flush();
    }
}
