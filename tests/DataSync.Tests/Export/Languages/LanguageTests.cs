using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Tests.Export.Csv;
using DataSync.Tests.Export.Json;
using DataSync.Tests.Export.Parquet;

namespace DataSync.Tests.Export.Languages;

/// <summary>Text in a hundred languages and more, through every format and back.</summary>
public sealed class LanguageTests : IDisposable
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonSerializerOptions AsTheyAre = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How each format's texts are read back, by readers of other makes: a new format is a line here, and fails without.</summary>
    private static readonly Dictionary<string, Func<ExportRig, Task<IEnumerable<string>>>> Readers = new(StringComparer.Ordinal)
    {
        ["json"] = rig => Task.FromResult(PageText.All(rig.Contents().Select(f => (f.Key, f.Value))).SelectMany(p => p.Data).SelectMany(Both)),
        ["jsonl"] = rig => Task.FromResult(rig.Read("data.jsonl").Split('\n')[..^1].SelectMany(Both)),
        ["csv"] = rig => Task.FromResult(CsvText.Parse(rig.Read("data.csv")).Skip(1).SelectMany(row => row[^2..]!))!,
        ["parquet"] = async rig => (await ParquetTable.ReadAsync(Path.Combine(rig.Folder, "data.parquet"), TestContext.Current.CancellationToken)).Rows.SelectMany(row => row.TakeLast(2))!,
        ["coco"] = rig => Task.FromResult(JsonElement.Parse(rig.Read("coco.json")).GetProperty("categories").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)),
    };

    private readonly ExportRig _rig = new();

    public static TheoryData<string> Formats => [.. ExportRig.Exporters.Select(e => e.Format)];

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Text_in_more_than_100_languages_comes_back_byte_for_byte(string format)
    {
        _rig.Plan = new SyncPlan { OutputFormats = [format], Export = new ExportPlan { PageSize = 50 } };
        await _rig.RunAsync([.. SpokenTexts.All.Select(Record)], ct: TestContext.Current.CancellationToken);
        var expected = SpokenTexts.All.SelectMany(t => new[] { t.Title, t.Text });
        if (format == "coco") expected = expected.Distinct(StringComparer.Ordinal); // a category is there once
        Assert.Equal(expected.Select(Bytes), (await Readers[format](_rig)).Select(Bytes));
        Assert.All(_rig.Names().Where(n => !n.EndsWith(".parquet", StringComparison.Ordinal)), name => Strict.GetString(File.ReadAllBytes(Path.Combine(_rig.Folder, name))));
        Assert.InRange(SpokenTexts.All.DistinctBy(t => t.Language).Count(), 100, int.MaxValue);
    }

    [Fact]
    public async Task Columns_are_named_in_every_language()
    {
        _rig.Plan = new SyncPlan { OutputFormats = ["csv", "parquet"] };
        var titles = SpokenTexts.All.Select(t => t.Title).Distinct(StringComparer.Ordinal).ToArray();
        await _rig.RunAsync([JsonSerializer.Serialize(titles.ToDictionary(t => t, t => t.Length, StringComparer.Ordinal), AsTheyAre)], ct: TestContext.Current.CancellationToken);
        Assert.Equal(titles.Select(Bytes), CsvText.Parse(_rig.Read("data.csv"))[0].Select(n => Bytes(n!.Replace("\\.", ".", StringComparison.Ordinal))));
        var table = await ParquetTable.ReadAsync(Path.Combine(_rig.Folder, "data.parquet"), TestContext.Current.CancellationToken);
        Assert.Equal(titles.Select(Bytes), table.Columns.Select(c => Bytes(c.Name.Replace("\\.", ".", StringComparison.Ordinal))));
    }

    private static string Record(SpokenText spoken) => JsonSerializer.Serialize(
        new
        {
            file_name = spoken.Language + ".png",
            width = 10,
            height = 10,
            annotations = new[] { spoken.Title, spoken.Text }.Select(t => new { category = t, bbox = (int[])[1, 1, 2, 2] }),
            title = spoken.Title,
            text = spoken.Text,
        },
        AsTheyAre);

    private static string[] Both(string record)
    {
        var json = JsonElement.Parse(record);
        return [json.GetProperty("title").GetString()!, json.GetProperty("text").GetString()!];
    }

    private static string Bytes(string text) => Convert.ToHexString(Strict.GetBytes(text));
}
