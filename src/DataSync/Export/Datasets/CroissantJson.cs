using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Export.Parquet;
using DataSync.Pipeline;

namespace DataSync.Export.Datasets;

/// <summary>
/// <c>croissant.json</c>: the export as Croissant 1.1 describes a dataset, with every file by size and hash, and for each JSON Lines, CSV and Parquet file that is
/// not compressed a record set of its scalar fields.
/// </summary>
internal static class CroissantJson
{
    public const string FileName = "croissant.json";

    /// <summary>The format the file is listed under.</summary>
    public const string Format = "croissant";

    public const string ContentType = "application/ld+json; profile=\"http://mlcommons.org/croissant/1.1\"";

    private static readonly JsonWriterOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };

    /// <summary>Writes the description.</summary>
    /// <param name="output">Takes the JSON.</param>
    /// <param name="plan">What the tenant says of the dataset.</param>
    /// <param name="createdAt">When the job was made.</param>
    /// <param name="files">All files of data.</param>
    /// <param name="described">Those whose fields were seen.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="words">What is said to people.</param>
    public static void Write(
        IBufferWriter<byte> output, DatasetPlan plan, DateTimeOffset createdAt, IEnumerable<ExportedFile> files, IEnumerable<ExportedFile> described, IReadOnlyList<DatasetField> fields, DatasetWords words)
    {
        using var json = new Utf8JsonWriter(output, Indented);
        json.WriteStartObject();
        json.WritePropertyName("@context"u8);
        json.WriteRawValue(CroissantContext.Json(words.Tag));
        json.WriteString("@type"u8, "sc:Dataset"u8);
        json.WriteString("conformsTo"u8, "http://mlcommons.org/croissant/1.1"u8);
        json.WriteString("name"u8, plan.Name);
        json.WriteString("description"u8, plan.Description);
        json.WriteString("license"u8, plan.License);
        json.WriteString("url"u8, plan.Url);
        json.WriteStartObject("creator"u8);
        json.WriteString("@type"u8, "sc:Organization"u8);
        json.WriteString("name"u8, plan.Creator);
        json.WriteEndObject();
        json.WriteString("datePublished"u8, createdAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteStartArray("distribution"u8);
        foreach (var file in files) WriteFile(json, file);
        json.WriteEndArray();
        json.WriteStartArray("recordSet"u8);
        foreach (var file in described.Where(f => f.Format is "jsonl" or "csv" or "parquet" && f.Compression is null)) WriteRecords(json, file, fields, words);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static void WriteFile(Utf8JsonWriter json, ExportedFile file)
    {
        json.WriteStartObject();
        json.WriteString("@type"u8, "cr:FileObject"u8);
        json.WriteString("@id"u8, file.Name);
        json.WriteString("name"u8, file.Name);
        json.WriteString("contentUrl"u8, file.Name);
        json.WriteString("contentSize"u8, $"{file.Bytes.ToString(CultureInfo.InvariantCulture)} B");
        json.WriteString("encodingFormat"u8, EncodingOf(file));
        json.WriteString("sha256"u8, file.Sha256);
        json.WriteEndObject();
    }

    private static string EncodingOf(ExportedFile file) => (file.Compression, file.Format) switch
    {
        ({ } compression, _) => $"application/{compression}",
        (_, "jsonl") => "application/jsonlines",
        (_, "csv") => "text/csv",
        (_, "parquet") => "application/vnd.apache.parquet",
        _ => "application/json",
    };

    private static void WriteRecords(Utf8JsonWriter json, ExportedFile file, IReadOnlyList<DatasetField> fields, DatasetWords words)
    {
        var id = $"{file.Name}/records";
        json.WriteStartObject();
        json.WriteString("@type"u8, "cr:RecordSet"u8);
        json.WriteString("@id"u8, id);
        json.WriteString("name"u8, id);
        json.WriteString("description"u8, words.Records(file));
        json.WriteStartArray("field"u8);
        foreach (var field in fields)
        {
            if (TypeOf(field.Kind) is not { } type) continue;
            json.WriteStartObject();
            json.WriteString("@type"u8, "cr:Field"u8);
            json.WriteString("@id"u8, $"{id}/{Uri.EscapeDataString(field.Name)}");
            json.WriteString("name"u8, field.Name);
            json.WriteString("dataType"u8, type);
            json.WriteStartObject("source"u8);
            json.WriteStartObject("fileObject"u8);
            json.WriteString("@id"u8, file.Name);
            json.WriteEndObject();
            json.WriteStartObject("extract"u8);
            json.WriteString("column"u8, ColumnOf(file.Format, field.Name));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>How a file of a format names the column of a member; CSV and Parquet flatten objects, so there a dot in a name has an escape.</summary>
    private static string ColumnOf(string format, string member) => format switch
    {
        "jsonl" => member,
        "parquet" when member.Length == 0 => ParquetTypes.Nameless,
        _ => member.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal),
    };

    /// <summary>Croissant's name of a kind; null where it has none that fits.</summary>
    private static string? TypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Boolean => "sc:Boolean",
        FieldKind.Integer => "sc:Integer",
        FieldKind.Number => "sc:Float",
        FieldKind.Text => "sc:Text",
        _ => null,
    };
}
