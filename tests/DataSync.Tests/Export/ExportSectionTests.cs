using System.Text.Json;
using DataSync.Export;

namespace DataSync.Tests.Export;

public class ExportSectionTests
{
    private static readonly ExportSection Section = new(ExportRig.Exporters, ExportRig.Compressions);

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"output_format":"csv"}""")]
    [InlineData("""{"output_format":["csv","json","jsonl"],"export_config":{"include_metadata":false,"include_original":false,"include_enhanced":true,"pagination":{"page_size":100000},"compression":"none","inline":false}}""")]
    [InlineData("""{"mode":"realtime","output_format":["json"],"export_config":{"inline":true,"compression":"none"}}""")]
    [InlineData("""{"output_format":null,"export_config":{"pagination":{"page_size":null},"compression":null,"inline":null}}""")]
    [InlineData("""{"export_config":{"compression":"gzip"}}""")]
    [InlineData("""{"export_config":{"compression":"zstd"}}""")]
    [InlineData("""{"export_config":{"dataset":{"name":"n","description":"a\nb","license":"MIT","url":"https://example.com/d","creator":"c"}}}""")]
    [InlineData("""{"export_config":{"dataset":null}}""")]
    [InlineData("""{"export_config":{"split":{"train":80,"validation":10,"test":10,"seed":-7,"key":"a.b"}}}""")]
    [InlineData("""{"export_config":{"split":{"train":100,"validation":0,"seed":null,"key":null}}}""")]
    [InlineData("""{"export_config":{"split":null}}""")]
    [InlineData("""{"export_config":{"csv":{"formula_guard":true}}}""")]
    [InlineData("""{"export_config":{"csv":{"formula_guard":null}}}""")]
    [InlineData("""{"export_config":{"csv":null}}""")]
    public void Validate_accepts(string start) => Assert.Empty(Faults(start));

    [Theory]
    [InlineData("""{"output_format":[]}""", "/output_format faults.items")]
    [InlineData("""{"output_format":"xml"}""", "/output_format faults.one_of")]
    [InlineData("""{"export_config":{"coco":{"image":"a.b","categories":[{"name":"x","keypoints":["n"],"skeleton":[[1,1]]},"y"],"info":{"a":1},"licenses":[{"id":1,"name":"n"}]}}}""")]
    [InlineData("""{"export_config":{"coco":{"categories":["x","x",{"supercategory":"a"},{"name":"z","skeleton":[[1,2]]}],"annotators":"some","width":7,"to_name":"","far":1,"licenses":[{}]},"jsonl":{}}}""", "/export_config/coco/categories/1 faults.duplicate", "/export_config/coco/categories/2/name faults.required", "/export_config/coco/categories/3/skeleton faults.export.coco_skeleton", "/export_config/coco/annotators faults.one_of", "/export_config/coco/width faults.string", "/export_config/coco/to_name faults.length", "/export_config/coco/far faults.unknown", "/export_config/coco/licenses faults.export.coco_licenses", "/export_config/jsonl faults.unknown")]
    [InlineData("""{"export_config":{"coco":{"categories":["",{"name":""}]}}}""", "/export_config/coco/categories/0 faults.length", "/export_config/coco/categories/1/name faults.length")]
    [InlineData("""{"output_format":["coco","json",7,"parquet"]}""", "/output_format/2 faults.one_of")]
    [InlineData("""{"output_format":["json","csv","json"]}""", "/output_format/2 faults.duplicate")]
    [InlineData("""{"output_format":{}}""", "/output_format faults.one_of")]
    [InlineData("""{"export_config":[]}""", "/export_config faults.object")]
    [InlineData("""{"export_config":{"pagination":{"page_size":0,"x":1},"compression":"brotli","zip/":1}}""",
        "/export_config/pagination/page_size faults.integer", "/export_config/pagination/x faults.unknown", "/export_config/compression faults.one_of", "/export_config/zip~1 faults.unknown")]
    [InlineData("""{"export_config":{"pagination":{"page_size":100001}}}""", "/export_config/pagination/page_size faults.integer")]
    [InlineData("""{"export_config":{"pagination":{"page_size":1.5}}}""", "/export_config/pagination/page_size faults.integer")]
    [InlineData("""{"export_config":{"pagination":3,"compression":"rar","include_metadata":"yes"}}""",
        "/export_config/pagination faults.object", "/export_config/compression faults.one_of", "/export_config/include_metadata faults.bool")]
    [InlineData("""{"export_config":{"csv":{"formula_guard":"yes","guard":1}}}""", "/export_config/csv/formula_guard faults.bool", "/export_config/csv/guard faults.unknown")]
    [InlineData("""{"export_config":{"split":{"train":80,"test":10}}}""", "/export_config/split faults.export.split_sum")]
    [InlineData("""{"export_config":{"split":{"seed":1}}}""", "/export_config/split faults.export.split_sum")]
    [InlineData("""{"export_config":{"split":[80,20]}}""", "/export_config/split faults.object")]
    [InlineData("""{"export_config":{"split":{"train":80.5,"test":-1,"validation":"20","seed":1e30,"key":"","other":1}}}""",
        "/export_config/split/train faults.integer", "/export_config/split/test faults.integer", "/export_config/split/validation faults.integer", "/export_config/split/seed faults.integer", "/export_config/split/key faults.length", "/export_config/split/other faults.unknown")]
    [InlineData("""{"mode":"realtime","export_config":{"inline":true,"split":{"train":100}}}""", "/export_config/split faults.export.inline_is_json")]
    [InlineData("""{"export_config":{"dataset":{"name":"a\nb","description":" ","license":7,"url":"ftp://x","more":1}}}""",
        "/export_config/dataset/name faults.export.dataset_line", "/export_config/dataset/description faults.length", "/export_config/dataset/license faults.string", "/export_config/dataset/url faults.export.dataset_url", "/export_config/dataset/more faults.unknown", "/export_config/dataset/creator faults.required")]
    [InlineData("""{"export_config":{"dataset":"d"}}""", "/export_config/dataset faults.object")]
    [InlineData("""{"mode":"realtime","export_config":{"inline":true,"dataset":{"name":"n","description":"d","license":"MIT","url":"https://example.com/d","creator":"c"}}}""", "/export_config/dataset faults.export.inline_is_json")]
    [InlineData("""{"export_config":{"inline":1}}""", "/export_config/inline faults.bool")]
    [InlineData("""{"mode":"hybrid","export_config":{"inline":true}}""", "/export_config/inline faults.export.inline_needs_realtime")]
    [InlineData("""{"export_config":{"inline":true}}""", "/export_config/inline faults.export.inline_needs_realtime")]
    [InlineData("""{"mode":"realtime","output_format":["csv"],"export_config":{"inline":true,"compression":"gzip"}}""", "/output_format faults.export.inline_is_json", "/export_config/compression faults.export.inline_is_json")]
    [InlineData("""{"export_config":{"include_original":false,"include_enhanced":false}}""", "/export_config faults.export.nothing_included")]
    public void Validate_names_all_faults(string start, params string[] faults) => Assert.Equal(faults, Faults(start));

    private static string[] Faults(string start) => [.. Section.Validate(JsonElement.Parse(start), "").Select(f => $"{f.Path} {f.MessageKey}")];
}
