using System.Text;
using DataSync.Benchmarks.Ours;
using DataSync.Benchmarks.Running;

namespace DataSync.Benchmarks.Cases.Coco;

/// <summary>What a COCO export takes of memory.</summary>
internal sealed class CocoCase : BenchmarkCase
{
    private const string Small = "a tenth of the images";
    private const string Ours = "all images, ten annotations each";

    public override string Name => "coco";

    public override string Title => "images with ten annotations each → one COCO file, memory alone";

    public override long Rows => 100_000;

    public override int Rounds => 2;

    public override Task<CasePlan> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var root = Path.Combine(context.Folder, "out", "coco");
        return Task.FromResult(new CasePlan(
            [Run(Small, context.Rows / 10), Run(Ours, context.Rows)],
            [
                new Target("peak memory of the export", 256, r => r.PeakMegabytes(Ours)) { Unit = "MB" },
                new Target("peak beside a tenth of the images", 1.3, r => r.PeakMegabytes(Ours) / r.PeakMegabytes(Small)),
            ]));

        Contender Run(string name, long images)
        {
            var child = SelfProcess.Of([ExportProgram.Name, $"{images}", "coco", "none", root], new Dictionary<string, string>(StringComparer.Ordinal));
            return new Contender(name, token => child.RunAsync(context.Server.Cpu, token))
            {
                BeforeAsync = _ => Exported.RemoveAsync(root),
                CheckAsync = token => ExpectAnnotationsAsync(Exported.Find(root, "coco.json"), images * 10, token),
            };
        }
    }

    private static async Task ExpectAnnotationsAsync(string path, long expected, CancellationToken ct)
    {
        var found = 0L;
        using var lines = new StreamReader(path, Encoding.UTF8);
        while (await lines.ReadLineAsync(ct) is { } line)
        {
            for (var at = 0; (at = line.IndexOf("\"image_id\":", at, StringComparison.Ordinal)) >= 0; at++) found++;
        }

        if (found != expected) throw new BenchmarkException($"{Path.GetFileName(path)} has {found} annotations instead of {expected}.");
    }
}
