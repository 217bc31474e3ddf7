using System.Text.Json;
using System.Text.Json.Nodes;
using DataSync.Pipeline;

namespace DataSync.Tests.Export.Datasets;

/// <summary>What describes a dataset speaks the job's language where people read it; what machines read is the same in every language.</summary>
public sealed class DatasetLanguageTests : IDisposable
{
    private static readonly string[] Records = ["""{"a":1}""", """{"a":2}"""];
    private readonly ExportRig _rig = new()
    {
        Plan = new SyncPlan
        {
            OutputFormats = ["jsonl"],
            Export = new ExportPlan
            {
                Options = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
                {
                    ["dataset"] = JsonElement.Parse("""{"name":"Orders","description":"All of them","license":"MIT","url":"https://example.com/{orders}","creator":"Acme #1"}"""),
                },
            },
        },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("en-US", """
        - Creator: Acme #1
        - License: MIT
        - Home: <https://example.com/{orders}>

        | file | part | format | records | bytes |
        |---|---|---|---|---|
        | `data.jsonl` |  | jsonl | 2 | 16 |

        `SHA256SUMS` has the hash of every file, `croissant.json` describes them to machines.

        """)]
    [InlineData("zh-CN", """
        - 创建者：Acme #1
        - 许可证：MIT
        - 主页：<https://example.com/{orders}>

        | 文件 | 子集 | 格式 | 记录数 | 字节数 |
        |---|---|---|---|---|
        | `data.jsonl` |  | jsonl | 2 | 16 |

        各文件的哈希值见 `SHA256SUMS`，供机器读取的说明见 `croissant.json`。

        """)]
    public async Task Card_speaks_the_language_of_the_job_and_its_head_is_for_machines(string language, string said)
    {
        _rig.Language = language;
        await _rig.RunAsync(Records, ct: Ct);
        const string Head = """
            ---
            pretty_name: "Orders"
            license: mit
            size_categories:
            - n<1K
            configs:
            - config_name: jsonl
              default: true
              data_files:
              - split: train
                path:
                - "data.jsonl"
            ---

            # Orders

            All of them


            """;
        Assert.Equal((Head + said).ReplaceLineEndings("\n"), _rig.Read("README.md"));
    }

    [Theory]
    [InlineData("en-US", "en", "The records of data.jsonl, 2 of them.", "The one record of data.jsonl.")]
    [InlineData("zh-CN", "zh-CN", "data.jsonl 中的记录，共 2 条。", "data.jsonl 中的记录，共 1 条。")]
    [InlineData("fr-FR", "en", "The records of data.jsonl, 2 of them.", "The one record of data.jsonl.")] // one that was there when the job was made, and is not any more
    public async Task Croissant_describes_records_in_the_language_that_it_names(string language, string tag, string two, string one)
    {
        _rig.Language = language;
        foreach (var (records, said) in ((string[] Records, string Said)[])[(Records, two), (Records[..1], one)])
        {
            await _rig.RunAsync(records, ct: Ct);
            var croissant = JsonElement.Parse(_rig.Read("croissant.json"));
            Assert.Equal((tag, said), (croissant.GetProperty("@context").GetProperty("@language").GetString(), croissant.GetProperty("recordSet")[0].GetProperty("description").GetString()));
        }
    }

    [Fact]
    public async Task Croissant_of_two_languages_differs_in_nothing_but_what_people_read()
    {
        var (english, chinese) = (await CroissantAsync("en-US"), await CroissantAsync("zh-CN"));
        Assert.False(JsonNode.DeepEquals(english, chinese));
        english["@context"]!["@language"] = "zh-CN";
        english["recordSet"]![0]!["description"] = chinese["recordSet"]![0]!["description"]!.GetValue<string>();
        Assert.True(JsonNode.DeepEquals(english, chinese));
    }

    [Fact]
    public async Task Files_that_are_made_again_have_the_same_bytes()
    {
        _rig.Language = "zh-CN";
        await _rig.RunAsync(Records, ct: Ct);
        var first = _rig.Contents();
        _rig.Fence++;
        await _rig.RunAsync(Records, ct: Ct);
        Assert.Equal(first, _rig.Contents());
    }

    private async Task<JsonNode> CroissantAsync(string language)
    {
        _rig.Language = language;
        await _rig.RunAsync(Records, ct: Ct);
        return JsonNode.Parse(_rig.Read("croissant.json"))!;
    }
}
