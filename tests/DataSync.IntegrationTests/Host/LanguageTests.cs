using System.Net;
using System.Text.Json;
using DataSync.Tests.Export.Csv;
using DataSync.Tests.Export.Languages;
using Npgsql;

namespace DataSync.IntegrationTests.Host;

/// <summary>Text in more than 100 languages the whole way: a customer's table, our store, every format, and an export made again.</summary>
[Collection(nameof(WholeSystem))]
public sealed class LanguageTests(EndToEndTests.System system)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Text_in_more_than_100_languages_leaves_every_export_as_it_was_in_the_table()
    {
        await using (var source = NpgsqlDataSource.Create(system.Running.SourceDatabase))
        {
            await using var make = source.CreateCommand("""
                CREATE TABLE spoken AS SELECT row_number() OVER () AS id, l || '.png' AS file_name, 10 AS width, 10 AS height,
                       json_build_array(json_build_object('category', title, 'bbox', json_build_array(1, 1, 2, 2))) AS annotations, title, text
                FROM unnest($1, $2, $3) AS t (l, title, text)
                """);
            foreach (var column in new Func<SpokenText, string>[] { t => t.Language, t => t.Title, t => t.Text }) make.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. SpokenTexts.All.Select(column)] });
            await make.ExecuteNonQueryAsync(Ct);
        }

        using var client = system.Running.Client("spoken");
        await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT * FROM spoken ORDER BY id" }), HttpStatusCode.Created, Ct);
        var id = await client.StartAsync(new { source_id = "s", output_format = new[] { "json", "coco" } }, Ct);
        await client.EndAsync(id, Ct);
        var again = (await client.PostAsync($"api/sync/jobs/{id}/exports", new { output_format = new[] { "csv", "jsonl" } }, HttpStatusCode.Accepted, Ct)).GetProperty("job_id").GetGuid();
        await client.EndAsync(again, Ct);
        (string, string)[] expected = [.. SpokenTexts.All.Select(t => (t.Title, t.Text))];
        Assert.Equal(expected, JsonElement.Parse(await client.ExportAsync(id, "data-00001.json", Ct)).GetProperty("data").EnumerateArray().Select(Pair));
        Assert.Equal(expected, (await client.ExportAsync(again, "data.jsonl", Ct)).Split('\n')[..^1].Select(l => Pair(JsonElement.Parse(l))));
        Assert.Equal(expected, CsvText.Parse(await client.ExportAsync(again, "data.csv", Ct)).Skip(1).Select(row => (row[^2]!, row[^1]!)));
        Assert.Equal(
            expected.Select(e => e.Item1).Distinct(StringComparer.Ordinal),
            JsonElement.Parse(await client.ExportAsync(id, "coco.json", Ct)).GetProperty("categories").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Dataset_of_a_job_is_described_in_the_language_of_who_started_it()
    {
        var dataset = new { name = "N", description = "D", license = "MIT", url = "https://example.com/n", creator = "C" };
        foreach (var (language, creator, tag) in ((string, string, string)[])[("zh-CN", "- 创建者：C\n", "zh-CN"), ("en-US", "- Creator: C\n", "en")])
        {
            using var client = system.Running.Client("described", language: language);
            if (language == "zh-CN") await client.PostAsync("api/sources", system.Running.Source("s", new { query = "SELECT id FROM things WHERE id <= 3" }), HttpStatusCode.Created, Ct);
            var id = await client.StartAsync(new { source_id = "s", output_format = "jsonl", export_config = new { dataset } }, Ct);
            await client.EndAsync(id, Ct);
            Assert.Contains(creator, await client.ExportAsync(id, "README.md", Ct), StringComparison.Ordinal);
            Assert.Equal(tag, JsonElement.Parse(await client.ExportAsync(id, "croissant.json", Ct)).GetProperty("@context").GetProperty("@language").GetString());
        }
    }

    private static (string Title, string Text) Pair(JsonElement record) => (record.GetProperty("title").GetString()!, record.GetProperty("text").GetString()!);
}
