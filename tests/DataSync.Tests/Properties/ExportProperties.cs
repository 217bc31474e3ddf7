using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Tests.Export;
using DataSync.Tests.Export.Csv;
using DataSync.Tests.Export.Json;
using DataSync.Tests.Export.Parquet;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Properties;

public class ExportProperties
{
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = 1000 };

    // Feature: data-sync-pipeline, Property 15: For any data exported to JSON format, parsing the JSON output should produce a valid data
    // structure with consistent schema, and all UTF-8 characters should be preserved.
    [FsCheck.Xunit.Property(MaxTest = 200)]
    [Trait("Property", "15")]
    public Property Json_pages_and_lines_parse_back_to_the_very_documents()
        => Prop.ForAll(Cases(ExportGenerators.AnyDocument), c =>
        {
            using var rig = new ExportRig { Plan = new SyncPlan { OutputFormats = ["json", "jsonl"], Export = new ExportPlan { PageSize = 4 } } };
            Run(rig, c.Documents, c.BatchSize);
            var utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);
            foreach (var name in rig.Names()) utf8.GetString(File.ReadAllBytes(Path.Combine(rig.Folder, name)));
            Assert.Equal(c.Documents.Select(d => d.Trim(' ', '\t', '\r', '\n')), Pages(rig).SelectMany(p => p.Data));
            Assert.All(Pages(rig), p => Assert.Equal(PageText.MetadataMembers, p.Metadata.EnumerateObject().Select(m => m.Name)));
            var lines = rig.Read("data.jsonl").Split('\n');
            Assert.Equal(c.Documents.Select(d => d.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)).Append(""), lines);
            foreach (var line in lines.SkipLast(1)) JsonDocument.Parse(line, AnyDepth).Dispose();
        });

    // Feature: data-sync-pipeline, Property 16: For any data exported to CSV format, the output should have headers, properly escaped
    // values, and be parseable by standard CSV libraries.
    [FsCheck.Xunit.Property(MaxTest = 300)]
    [Trait("Property", "16")]
    public Property Csv_parses_back_to_header_and_values()
        => Prop.ForAll(Cases(ExportGenerators.AnyDocument), c =>
        {
            using var rig = new ExportRig { Plan = new SyncPlan { OutputFormats = ["csv"] } };
            Run(rig, c.Documents, c.BatchSize);
            var (header, rows) = CsvModel.Table(c.Documents);
            var text = rig.Read("data.csv");
            // without any column, header and rows are blank lines: one empty field each, to a reader
            List<List<string?>> expected = rows.Count == 0 ? [] : header.Count == 0 ? [.. Enumerable.Repeat<List<string?>>([null], rows.Count + 1)] : [[.. header], .. rows];
            Assert.Equal(expected, CsvText.Parse(text));
            Assert.Equal(expected.Select(r => r.Select(v => v ?? "").ToList()), CsvLibrary.Parse(text));
        });

    // Feature: data-sync-pipeline, Property 16: For any data exported to CSV format, the output should have headers, properly escaped
    // values, and be parseable by standard CSV libraries. The same of Parquet: DuckDB reads every value, whatever its column's type became.
    [FsCheck.Xunit.Property(MaxTest = 200)]
    [Trait("Property", "16")]
    public Property Parquet_gives_back_every_value()
        => Prop.ForAll(Cases(Gen.OneOf(ExportGenerators.Several(ExportGenerators.AnyDocument, 12), ExportGenerators.Uniform)), c =>
        {
            using var rig = new ExportRig { Plan = new SyncPlan { OutputFormats = ["parquet"] } };
            Run(rig, c.Documents, c.BatchSize);
            ParquetModel.Check(c.Documents, _ => true, ParquetTable.ReadAsync(Path.Combine(rig.Folder, "data.parquet"), CancellationToken.None).GetAwaiter().GetResult());
        });

    // Feature: data-sync-pipeline, Property 18: For any data with semantic enhancement applied, the export output should contain both
    // original fields and enhanced fields, and no original data should be lost.
    [FsCheck.Xunit.Property(MaxTest = 300)]
    [Trait("Property", "18")]
    public Property Refined_records_hold_what_was_made_and_all_that_was()
        => Prop.ForAll(ExportGenerators.Several(Refinement, 8).ToArbitrary(), records =>
        {
            using var rig = new ExportRig { Plan = new SyncPlan { OutputFormats = ["jsonl", "csv"] } };
            rig.Refines();
            rig.RunAsync([.. records.Select(r => Written(r.Before))], [.. records.Select(r => r.After is { } after ? Written(after) : null)]).GetAwaiter().GetResult();
            var lines = rig.Read("data.jsonl").Split('\n').SkipLast(1).ToArray();
            Assert.Equal(records.Count, lines.Length);
            foreach (var (line, (before, after)) in lines.Zip(records)) CheckRefined(line, before, after ?? before);
            var (header, rows) = CsvModel.Table(lines, "_original");
            Assert.Equal<List<string?>>(rows.Count == 0 ? [] : [[.. header], .. rows.Select(InOneLine)], [.. CsvText.Parse(rig.Read("data.csv")).Select((r, i) => i == 0 ? r : InOneLine(r))]);
        });

    // Feature: data-sync-pipeline, Property 19: For any large dataset export, the system should support pagination with configurable page
    // size, and iterating through all pages should return all records exactly once.
    [FsCheck.Xunit.Property(MaxTest = 100)]
    [Trait("Property", "19")]
    public Property Pages_hold_every_record_once_and_in_order()
        => Prop.ForAll(
            (from count in Gen.Choose(0, 400) from size in Gen.OneOf(Gen.Choose(1, 12), Gen.Choose(50, 500)) from batch in Gen.Choose(1, 120) select (count, size: Math.Max(size, count / 20), batch)).ToArbitrary(),
            c =>
            {
                string[] records = [.. Enumerable.Range(0, c.count).Select(i => $$"""{"id":{{i}}}""")];
                using var rig = new ExportRig { Plan = new SyncPlan { OutputFormats = ["json"], Export = new ExportPlan { PageSize = c.size } } };
                Run(rig, records, c.batch);
                PageText.CheckPagination(Pages(rig), records, c.size);
            });

    [FsCheck.Xunit.Property(MaxTest = 2000)]
    public Property Tenant_folders_never_meet_and_every_file_system_takes_them()
        => Prop.ForAll((from one in TenantId from other in Gen.OneOf(TenantId, Gen.Elements(one.ToUpperInvariant(), one.ToLowerInvariant(), one + ".", one.Normalize(NormalizationForm.FormD))) select (one, other)).ToArbitrary(), c =>
        {
            var (one, other) = (TenantFolder.NameOf(c.one), TenantFolder.NameOf(c.other));
            Assert.Equal(c.one == c.other, string.Equals(one, other, StringComparison.OrdinalIgnoreCase));
            Assert.Matches("^[a-z0-9_~-]([a-z0-9_.~-]{0,126}[a-z0-9_~-])?$", one);
            Assert.NotEqual(one, Guid.Empty.ToString("N"));
        });

    private static Gen<string> TenantId => Gen.Choose(1, 40)
        .SelectMany(n => Gen.Elements("a", "A", ".", "/", "~", "~~", "-", "_", "\\", " ", "%", "~41", "é", "e\u0301", "李", "😀", "\n", ":", "con", "CON", new string('a', 40)).ListOf(n)).Select(string.Concat);

    /// <summary>A record before and after a refinement that keeps, changes, removes and adds members; null where it changed nothing.</summary>
    private static Gen<(List<(string Name, string Value)> Before, List<(string Name, string Value)>? After)> Refinement
        => from before in ExportGenerators.Several(ExportGenerators.Member(1), 6)
           from fates in Gen.Elements("keep", "keep", "change", "remove").ListOf(before.Count)
           from values in ExportGenerators.Value(1).ListOf(before.Count)
           from added in ExportGenerators.Several(ExportGenerators.Member(1), 2)
           from untouched in ArbMap.Default.GeneratorFor<bool>()
           select (before, untouched ? null : before.Zip(fates, values).Where(m => m.Second != "remove").Select(m => m.Second == "change" ? (m.First.Name, m.Third) : m.First).Concat(added).ToList());

    private static void CheckRefined(string line, List<(string Name, string Value)> before, List<(string Name, string Value)> after)
    {
        using var json = JsonDocument.Parse(line, AnyDepth);
        var members = json.RootElement.EnumerateObject().Select(m => (Name: Name(m), Value: m.Value.GetRawText(), Element: m.Value)).ToList();
        var original = members[^1];
        var free = "_original";
        while (after.Exists(m => CsvModel.Unescape(m.Name) == free)) free = "_" + free;
        Assert.Equal(free, original.Name);
        Assert.Equal(after.Select(m => (CsvModel.Unescape(m.Name), Flat(m.Value))), members.SkipLast(1).Select(m => (m.Name, m.Value)));
        Assert.True(original.Element.ValueKind is JsonValueKind.Object or JsonValueKind.Null);
        var kept = original.Element.ValueKind == JsonValueKind.Object ? original.Element.EnumerateObject().Select(m => (Name(m), m.Value.GetRawText())).ToList() : [];
        var now = members.SkipLast(1).Select(m => (m.Name, m.Value)).ToHashSet();
        foreach (var (name, value) in before) Assert.True(now.Contains((CsvModel.Unescape(name), Flat(value))) || kept.Contains((CsvModel.Unescape(name), Flat(value))), $"{name}: {value} is lost");
        Assert.All(kept, k => Assert.Contains(k, before.Select(b => (CsvModel.Unescape(b.Name), Flat(b.Value)))));
    }

    /// <summary>A value as JSONL has it: without line breaks between tokens, and without what surrounds it.</summary>
    private static string Flat(string value) => value.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim();

    /// <summary>Lines of JSON have no line breaks between tokens, a field of CSV has them.</summary>
    private static List<string?> InOneLine(List<string?> row) => [.. row.Select(f => f?.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal))];

    private static string Name(JsonProperty member) => CsvModel.Unescape(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member)));

    private static string Written(List<(string Name, string Value)> members) => "{" + string.Join(",", members.Select(m => $"\"{m.Name}\":{m.Value}")) + "}";

    private static Arbitrary<(List<string> Documents, int BatchSize)> Cases(Gen<string> document) => Cases(ExportGenerators.Several(document, 12));

    private static Arbitrary<(List<string> Documents, int BatchSize)> Cases(Gen<List<string>> several)
        => (from documents in several from size in Gen.Choose(1, 13) select (documents, size)).ToArbitrary();

    private static void Run(ExportRig rig, IReadOnlyList<string> documents, int batchSize) => rig.RunAsync(documents, batchSize: batchSize).GetAwaiter().GetResult();

    private static PageText[] Pages(ExportRig rig) => PageText.All(rig.Contents().Select(f => (f.Key, f.Value)));
}
