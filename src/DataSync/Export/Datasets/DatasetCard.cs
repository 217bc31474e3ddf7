using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Export.Datasets;

/// <summary><c>README.md</c>: a dataset card. Its head tells Hugging Face's <c>datasets</c> which files are which part.</summary>
internal static class DatasetCard
{
    public const string FileName = "README.md";

    /// <summary>The format the file is listed under.</summary>
    public const string Format = "dataset_card";

    public const string ContentType = "text/markdown; charset=utf-8";

    /// <summary>
    /// Configurations, by the reader that takes them. That library opens a whole folder with one reader, which it picks by the files of the first configuration: one for another reader's format
    /// would not load. Without any it would take every file for data, <c>manifest.json</c> too.
    /// </summary>
    private static readonly (string Name, string Format, string? Field)[][] Readers =
    [
        [("parquet", "parquet", null)],
        [("jsonl", "jsonl", null), ("json", "json", null), ("images", "coco", "images"), ("annotations", "coco", "annotations")],
        [("csv", "csv", null)],
    ];

    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(DatasetPlan plan, IReadOnlyList<ExportedFile> files, DatasetWords words)
    {
        var card = new StringBuilder("---\n");
        card.Append(CultureInfo.InvariantCulture, $"pretty_name: {Quoted(plan.Name)}\n");
        AppendLicense(card, plan.License);
        card.Append(CultureInfo.InvariantCulture, $"size_categories:\n- {SizeOf(files)}\n");
        AppendConfigurations(card, files);
        card.Append(CultureInfo.InvariantCulture, $"---\n\n# {plan.Name}\n\n{plan.Description.ReplaceLineEndings("\n")}\n\n");
        card.Append(CultureInfo.InvariantCulture, $"- {words.Creator(plan.Creator)}\n- {words.License(plan.License)}\n- {words.Home($"<{plan.Url}>")}\n\n");
        card.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", words.Header)} |\n|---|---|---|---|---|\n");
        foreach (var file in files) card.Append(CultureInfo.InvariantCulture, $"| `{file.Name}` | {file.Split} | {file.Format} | {file.Records} | {file.Bytes} |\n");
        card.Append(CultureInfo.InvariantCulture, $"\n{words.Others}\n");
        return Encoding.UTF8.GetBytes(card.ToString());
    }

    private static void AppendConfigurations(StringBuilder card, IReadOnlyList<ExportedFile> files)
    {
        var isFirst = true;
        foreach (var (name, format, field) in Readers.FirstOrDefault(r => r.Any(c => Of(c.Format).Any())) ?? [])
        {
            if (!Of(format).Any()) continue;
            card.Append(CultureInfo.InvariantCulture, $"{(isFirst ? "configs:\n" : "")}- config_name: {name}\n{(isFirst ? "  default: true\n" : "")}{(field is null ? "" : $"  field: {field}\n")}  data_files:\n");
            isFirst = false;

            // a dataset there always has parts; without a split it is one, and that one is called train
            foreach (var part in Of(format).GroupBy(f => f.Split ?? "train", StringComparer.Ordinal))
            {
                card.Append(CultureInfo.InvariantCulture, $"  - split: {part.Key}\n    path:\n");
                foreach (var file in part) card.Append(CultureInfo.InvariantCulture, $"    - {Quoted(file.Name)}\n");
            }
        }

        IEnumerable<ExportedFile> Of(string format) => files.Where(f => string.Equals(f.Format, format, StringComparison.Ordinal));
    }

    /// <summary>A licence's identifier in lower case, as that site spells them; anything else is an other one with its name or address.</summary>
    private static void AppendLicense(StringBuilder card, string license)
    {
        if (license.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')) card.Append(CultureInfo.InvariantCulture, $"license: {license.ToLowerInvariant()}\n");
        else card.Append(CultureInfo.InvariantCulture, $"license: other\n{(license.Contains("://", StringComparison.Ordinal) ? "license_link" : "license_name")}: {Quoted(license)}\n");
    }

    private static string SizeOf(IReadOnlyList<ExportedFile> files)
    {
        var records = files.GroupBy(f => f.Format, StringComparer.Ordinal).Select(g => g.Sum(f => f.Records)).DefaultIfEmpty(0).Max();
        return records switch
        {
            < 1_000 => "n<1K",
            < 10_000 => "1K<n<10K",
            < 100_000 => "10K<n<100K",
            < 1_000_000 => "100K<n<1M",
            < 10_000_000 => "1M<n<10M",
            < 100_000_000 => "10M<n<100M",
            < 1_000_000_000 => "100M<n<1B",
            _ => "n>1B",
        };
    }

    /// <summary>JSON's quotes are YAML's too.</summary>
    private static string Quoted(string text) => JsonSerializer.Serialize(text, Quoting);
}
