using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Export.Coco.Regions;
using DataSync.Export.Coco.Shapes;
using DataSync.Pipeline;

namespace DataSync.Export.Coco;

/// <summary>COCO's members as text, an image and an annotation a line. Numbers are written as they are, not rounded.</summary>
internal sealed class CocoJson(CocoOptions options, CocoCategories categories)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Everything before the first image.</summary>
    public void Head(IBufferWriter<byte> output, SyncRun run)
    {
        output.Write("{\"info\":"u8);
        Object(output, json =>
        {
            var given = options.Info.ValueKind == JsonValueKind.Object ? options.Info.EnumerateObject().ToList() : [];
            foreach (var member in given) member.WriteTo(json);
            Default(json, given, "description", run.SourceId);
            Default(json, given, "version", "1.0");
            if (given.TrueForAll(m => m.Name != "year")) json.WriteNumber("year"u8, run.CreatedAt.UtcDateTime.Year);
            Default(json, given, "contributor", "");
            Default(json, given, "url", "");
            Default(json, given, "date_created", UtcTimeConverter.Format(run.CreatedAt));
        });
        output.Write(",\n\"licenses\":"u8);
        Value(output, json =>
        {
            if (options.Licenses.ValueKind == JsonValueKind.Array) options.Licenses.WriteTo(json);
            else json.WriteRawValue("""[{"id":0,"name":"","url":""}]"""u8);
        });
        output.Write(",\n\"images\":["u8);
    }

    public static void Image(IBufferWriter<byte> output, long id, RecordImage image)
    {
        output.Write(id == 1 ? "\n"u8 : ",\n"u8);
        Object(output, json =>
        {
            json.WriteNumber("id"u8, id);
            if (image.Size.IsKnown)
            {
                json.WriteNumber("width"u8, image.Size.Width);
                json.WriteNumber("height"u8, image.Size.Height);
            }

            json.WriteString("file_name"u8, image.FileName);
            if (image.Address is not null) json.WriteString("coco_url"u8, image.Address);
        });
    }

    public void Annotation(IBufferWriter<byte> output, long id, long image, string label, Shape shape)
    {
        output.Write(id == 1 ? "\n"u8 : ",\n"u8);
        Object(output, json =>
        {
            json.WriteNumber("id"u8, id);
            json.WriteNumber("image_id"u8, image);
            json.WriteNumber("category_id"u8, categories.IdOf(label));
            Numbers(json, "bbox", [shape.Box.X, shape.Box.Y, shape.Box.Width, shape.Box.Height]);
            json.WriteNumber("area"u8, shape.Area);
            json.WriteNumber("iscrowd"u8, shape.IsCrowd ? 1 : 0);
            Segmentation(json, shape);
            if (shape.Keypoints.TryGetValue(label, out var points))
            {
                Numbers(json, "keypoints", points);
                json.WriteNumber("num_keypoints"u8, KeypointShapes.Labelled(points));
            }

            if (!options.KeepsAttributes) return;
            if (shape.Score is { } score) json.WriteNumber("score"u8, score);
            if (shape.Attributes.ValueKind != JsonValueKind.Object) return;
            json.WritePropertyName("attributes"u8);
            json.WriteRawValue(OneLine(JsonMarshal.GetRawUtf8Value(shape.Attributes)), skipInputValidation: true); // as it stands, however deep
        });
    }

    /// <summary>Everything behind the last annotation.</summary>
    public void Tail(IBufferWriter<byte> output)
    {
        output.Write("],\n\"categories\":"u8);
        Value(output, json => categories.Write(json));
        output.Write("}\n"u8);
    }

    private static void Segmentation(Utf8JsonWriter json, Shape shape)
    {
        if (shape.Mask is { } mask)
        {
            json.WriteStartObject("segmentation"u8);
            Numbers(json, "size", [mask.Height, mask.Width]);
            json.WriteString("counts"u8, mask.Text());
            json.WriteEndObject();
            return;
        }

        json.WriteStartArray("segmentation"u8);
        foreach (var polygon in shape.Polygons)
        {
            json.WriteStartArray();
            foreach (var number in polygon) json.WriteNumberValue(number);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <summary>JSON without the line breaks between its tokens; in texts they are escaped.</summary>
    private static ReadOnlySpan<byte> OneLine(ReadOnlySpan<byte> json)
    {
        if (json.IndexOfAny((byte)'\r', (byte)'\n') < 0) return json;
        var line = json.ToArray();
        var length = 0;
        foreach (var part in json)
        {
            if (part is not ((byte)'\r' or (byte)'\n')) line[length++] = part;
        }

        return line.AsSpan(0, length);
    }

    private static void Numbers(Utf8JsonWriter json, string name, ReadOnlySpan<double> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    private static void Default(Utf8JsonWriter json, List<JsonProperty> given, string name, string value)
    {
        if (given.TrueForAll(m => !string.Equals(m.Name, name, StringComparison.Ordinal))) json.WriteString(name, value);
    }

    private static void Object(IBufferWriter<byte> output, Action<Utf8JsonWriter> members) => Value(output, json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    private static void Value(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(output, Relaxed);
        write(json);
    }
}
