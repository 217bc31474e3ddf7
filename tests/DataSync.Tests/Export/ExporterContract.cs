using System.Security.Cryptography;
using DataSync.Export;
using DataSync.Pipeline;

namespace DataSync.Tests.Export;

/// <summary>What every exporter keeps. A new one inherits this and says how to count the records of its files.</summary>
public abstract class ExporterContract : IDisposable
{
    internal readonly ExportRig Rig = new();
    private static readonly string[] Records = [.. Enumerable.Range(0, 25).Select(i => $$"""{"id":{{i}},"name":"名字 {{i}}","big":9223372036854775807,"tax":0.10}""")];

    protected ExporterContract(string format)
    {
        Format = format;
        Rig.Plan = new SyncPlan { OutputFormats = [format], Export = new ExportPlan { PageSize = 10 } };
    }

    private string Format { get; }

    /// <summary>Records in a file's content.</summary>
    protected virtual long CountRecords(string content) => throw new NotSupportedException();

    /// <summary>Records in a file, where its content is no text.</summary>
    protected virtual long CountRecordsOf(string path) => CountRecords(File.ReadAllText(path));

    public void Dispose()
    {
        Rig.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Format_and_content_type_are_named()
    {
        var exporter = Assert.Single(ExportRig.Exporters, e => e.Format == Format);
        Assert.Contains('/', exporter.ContentType);
        await Rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        var name = (await Rig.Files.ListAsync(ExportRig.Tenant, ExportRig.Job, TestContext.Current.CancellationToken))[0].Name;
        await using var download = await Rig.Files.OpenAsync(ExportRig.Tenant, ExportRig.Job, name, TestContext.Current.CancellationToken);
        Assert.Equal(exporter.ContentType, download!.ContentType);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(25)]
    public async Task Files_hold_every_record_once_and_say_so(int count)
    {
        var outcome = await Rig.RunAsync(Records[..count], ct: TestContext.Current.CancellationToken);
        var files = outcome.Exports.Where(f => f.Format == Format).ToArray();
        Assert.NotEmpty(files);
        Assert.Equal(count, files.Sum(f => f.Records));
        Assert.All(files, f => Assert.Equal(f.Records, CountRecordsOf(Path.Combine(Rig.Folder, f.Name))));
        Assert.Equal(count, Rig.Progress.Exported);
    }

    [Fact]
    public async Task Files_are_listed_with_their_true_size_hash_and_path()
    {
        var outcome = await Rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        Assert.All(outcome.Exports, f =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(Rig.Root, f.Path));
            Assert.Equal(bytes.Length, f.Bytes);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), f.Sha256);
        });
        Assert.Equal(Rig.Names(), outcome.Exports.Select(f => f.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Bytes_do_not_depend_on_how_records_are_cut_into_batches()
    {
        await Rig.RunAsync(Records, batchSize: 1, ct: TestContext.Current.CancellationToken);
        var one = Rig.Contents();
        await Rig.RunAsync(Records, batchSize: 25, ct: TestContext.Current.CancellationToken);
        Assert.Equal(one, Rig.Contents());
    }

    [Theory]
    [InlineData(65)]
    [InlineData(600)]
    public async Task Records_of_any_depth_are_exported(int depth)
    {
        var nested = string.Concat(Enumerable.Repeat("{\"a\":[", depth)) + "1" + string.Concat(Enumerable.Repeat("]}", depth));
        var outcome = await Rig.RunAsync([$$"""{"name":"a","deep":{{nested}},"annotations":{{nested}}}""", nested], ct: TestContext.Current.CancellationToken);
        Assert.Equal(2, outcome.Exports.Sum(f => f.Records));
        Assert.All(outcome.Exports.Where(f => f.Format == Format), f => Assert.Equal(f.Records, CountRecordsOf(Path.Combine(Rig.Folder, f.Name))));
    }

    [Theory]
    [InlineData("""{"name":"\ud800.png"}""")]
    [InlineData("""{"\udc00":1,"nam\ud83d":2,"name":"a\ud800\u0041"}""")]
    [InlineData("""{"name":"a","annotations":[{"label":"\ud800","bbox":[1,1,2,2],"\udfff":1},{"result":[{"type":"\ud800","from_name":"\ud800"}]}]}""")]
    [InlineData("""{"name":"a","annotations":"[{\"label\":\"\\ud800\",\"bbox\":[1,1,2,2]}]"}""")]
    public async Task Half_of_a_surrogate_pair_stops_no_export(string record)
    {
        var outcome = await Rig.RunAsync([record, """{"name":"b"}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal(2, outcome.Exports.Sum(f => f.Records));
        Assert.All(outcome.Exports.Where(f => f.Format == Format), f => Assert.Equal(f.Records, CountRecordsOf(Path.Combine(Rig.Folder, f.Name))));
    }

    [Fact]
    public async Task Refused_records_are_left_out()
    {
        Rig.Refused.UnionWith([0, 7, 24]);
        var outcome = await Rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        Assert.Equal(22, outcome.Exports.Sum(f => f.Records));
        Assert.DoesNotContain("名字 7", string.Concat(Rig.Contents().Values), StringComparison.Ordinal);
    }
}

public class EveryExporterHasItsContract
{
    [Fact]
    public void Exporters_of_the_assembly_all_inherit_the_contract()
    {
        var exporters = typeof(IExporter).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IExporter)))
            .Select(t => ExportRig.Exporters.Single(e => e.GetType() == t).Format);
        var covered = typeof(ExporterContract).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ExporterContract)) && !t.IsAbstract)
            .Select(t => { using var suite = (ExporterContract)Activator.CreateInstance(t)!; return suite.Rig.Plan.OutputFormats[0]; });
        Assert.Equal(exporters.Order(StringComparer.Ordinal), covered.Order(StringComparer.Ordinal));
    }
}
