using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Tests.Export.Languages;

namespace DataSync.Tests.Export.Datasets;

/// <summary>The exported folder as others take it: pandas reads its tables, a JSON-LD processor its Croissant.</summary>
public sealed class DatasetFolderTests : IDisposable
{
    /// <summary>Expands strictly: a term without a meaning, a name that is no IRI, or a context from elsewhere is an error. Then says what is there by full IRIs, and whether all of it goes back into what was read.</summary>
    private const string Expand = """
        const jsonld = require('jsonld');
        const sc = 'https://schema.org/', cr = 'http://mlcommons.org/croissant/', dct = 'http://purl.org/dc/terms/';
        const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        const options = { base: 'https://example.com/export/', safe: true, documentLoader: url => { throw new Error('asks for ' + url); } };
        const sorted = v => Array.isArray(v) ? v.map(sorted) : v && typeof v === 'object' ? Object.fromEntries(Object.keys(v).sort().map(k => [k, sorted(v[k])])) : v;
        const terms = (v, found) => { if (Array.isArray(v)) v.forEach(x => terms(x, found)); else if (v && typeof v === 'object') for (const k of Object.keys(v)) { if (k[0] !== '@') found.add(k); terms(v[k], found); } return found; };
        (async () => {
          const [dataset] = await jsonld.expand(given, options);
          const missing = [];
          const need = (node, type, ...names) => { if (!node['@type'].includes(type)) missing.push(type); for (const n of names) if (!(node[n] && node[n].length)) missing.push(`${node['@id'] ?? type}: ${n}`); };
          need(dataset, sc + 'Dataset', dct + 'conformsTo', sc + 'name', sc + 'description', sc + 'license', sc + 'url', sc + 'creator', sc + 'datePublished', sc + 'distribution', cr + 'recordSet');
          for (const file of dataset[sc + 'distribution']) need(file, cr + 'FileObject', sc + 'name', sc + 'contentUrl', sc + 'encodingFormat', sc + 'contentSize', sc + 'sha256');
          const files = new Set(dataset[sc + 'distribution'].map(f => f['@id'])), types = new Set();
          for (const set of dataset[cr + 'recordSet']) {
            need(set, cr + 'RecordSet', sc + 'name', cr + 'field');
            for (const field of set[cr + 'field']) {
              need(field, cr + 'Field', sc + 'name', cr + 'dataType', cr + 'source');
              const source = field[cr + 'source'][0];
              need({ '@type': ['x'], ...source }, 'x', cr + 'fileObject', cr + 'extract');
              if (!files.has(source[cr + 'fileObject'][0]['@id'])) missing.push('file of ' + field['@id']);
              if (!source[cr + 'extract'][0][cr + 'column']) missing.push('column of ' + field['@id']);
              field[cr + 'dataType'].forEach(t => types.add(t['@id']));
            }
          }
          const { '@context': context, ...body } = given;
          const { '@context': _, ...back } = await jsonld.compact([dataset], context, { ...options, compactArrays: true });
          const lost = [...terms(body, new Set())].filter(t => !terms(back, new Set()).has(t));
          const triples = (await jsonld.toRDF(given, { ...options, format: 'application/n-quads' })).trim().split('\n').length;
          console.log(JSON.stringify({ missing, lost, conformsTo: dataset[dct + 'conformsTo'][0]['@value'] ?? dataset[dct + 'conformsTo'][0]['@id'], types: [...types].sort(), triples, language: dataset[cr + 'recordSet'][0][sc + 'description'][0]['@language'] }));
        })().catch(e => { console.error(e.message, JSON.stringify(e.details ?? {})); process.exit(1); });
        """;

    private static readonly NodePackage JsonLd = new("jsonld", "9.0.0");
    private static readonly JsonSerializerOptions AsTheyAre = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ExportRig _rig = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("none", null)]
    [InlineData("gzip", null)]
    [InlineData("none", """{"train":70,"validation":20,"test":10}""")]
    public async Task Tables_are_read_by_pandas_as_they_lie(string compression, string? split)
    {
        string[] records = [.. SpokenTexts.All.Select(Record)];
        _rig.Plan = Plan(compression, split, "jsonl", "csv", "json");
        await _rig.RunAsync(records, batchSize: 50, ct: Ct);
        var input = $$"""{"folder":{{JsonSerializer.Serialize(_rig.Folder)}},"records":[{{string.Join(',', records)}}]}""";
        Assert.Equal("read: csv,jsonl", (await DebianPython.AskAsync("Export/Datasets/pandas_check.py", "pandas", input, Ct)).Trim());
        if (compression != "none") Assert.Contains("data.csv.gz", _rig.Names());
    }

    [Theory]
    [InlineData("en-US", "en")]
    [InlineData("zh-CN", "zh-cn")]
    public async Task Croissant_expands_as_json_ld_without_losing_a_term_and_with_all_that_1_1_requires(string language, string tag)
    {
        _rig.Language = language;
        _rig.Plan = Plan("none", """{"train":80,"test":20}""", "jsonl", "csv", "json", "coco");
        await _rig.RunAsync([.. SpokenTexts.All.Select(Record), """{"na me/ü#?":1,"a.b":"x"}"""], batchSize: 50, ct: Ct);
        var told = JsonElement.Parse(await JsonLd.AskAsync(Expand, _rig.Read("croissant.json"), Ct));
        Assert.Equal(("[]", "[]"), (told.GetProperty("missing").GetRawText(), told.GetProperty("lost").GetRawText()));
        Assert.Equal("http://mlcommons.org/croissant/1.1", told.GetProperty("conformsTo").GetString());
        Assert.Equal(["Boolean", "Float", "Integer", "Text"], told.GetProperty("types").EnumerateArray().Select(t => t.GetString()!["https://schema.org/".Length..]));
        Assert.Equal(tag, told.GetProperty("language").GetString(), ignoreCase: true);
        Assert.InRange(told.GetProperty("triples").GetInt32(), 100, int.MaxValue);
    }

    private static string Record(SpokenText spoken, int place) => JsonSerializer.Serialize(
        new
        {
            id = 9_007_199_254_740_993 + place,
            title = spoken.Title,
            text = spoken.Text,
            price = (place * 0.1) + 0.05,
            ok = place % 3 == 0,
            note = place % 4 == 0 ? null : $"\"{place}\",\r\nzwei Zeilen",
            nested = new { a = place, list = (int[])[place, 2] },
        },
        AsTheyAre);

    private static SyncPlan Plan(string compression, string? split, params string[] formats)
    {
        var options = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["dataset"] = JsonElement.Parse("""{"name":"Texts","description":"In many languages","license":"MIT","url":"https://example.com/texts","creator":"Acme"}"""),
        };
        if (split is not null) options["split"] = JsonElement.Parse(split);
        return new SyncPlan { OutputFormats = formats, Export = new ExportPlan { Compression = compression, Options = options } };
    }
}
