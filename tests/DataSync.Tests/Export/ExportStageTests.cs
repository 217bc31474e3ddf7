using System.Diagnostics;
using System.Text.Json;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Export;

public sealed class ExportStageTests : IDisposable
{
    private static readonly string[] Records = [.. Enumerable.Range(0, 50).Select(i => $$"""{"id":{{i}},"text":"{{new string('t', 20_000)}}"}""")];
    private readonly ExportRig _rig = new() { Plan = new SyncPlan { OutputFormats = ["csv", "json", "jsonl"], Export = new ExportPlan { PageSize = 20 } } };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task RunAsync_several_formats_reads_the_records_once()
    {
        var batches = new List<int>();
        _rig.BeforeBatch = batches.Add;
        var outcome = await _rig.RunAsync(Records, batchSize: 25, ct: TestContext.Current.CancellationToken);
        Assert.Equal([0, 25], batches);
        Assert.Equal(["data.csv", "data-00001.json", "data-00002.json", "data-00003.json", "data.jsonl", "SHA256SUMS", "manifest.json"], outcome.Exports.Select(f => f.Name));
        Assert.Equal(50, _rig.Progress.Exported);
    }

    [Fact]
    public async Task RunAsync_manifest_names_every_file()
    {
        var outcome = await _rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        var manifest = JsonElement.Parse(_rig.Read("manifest.json"));
        Assert.Equal(1, manifest.GetProperty("version").GetInt32());
        Assert.Equal(50, manifest.GetProperty("records").GetInt64());
        Assert.Equal("2026-01-01T19:04:05Z", manifest.GetProperty("created_at").GetString());
        Assert.Equal(JsonValueKind.Null, manifest.GetProperty("original_member").ValueKind);
        Assert.Equal(
            outcome.Exports.SkipLast(1).Select(f => $"{f.Name}|{f.Format}|{f.Records}|{f.Bytes}|{f.Sha256}|{f.Compression}|{f.Split}"),
            manifest.GetProperty("files").EnumerateArray().Select(f => string.Join('|', f.EnumerateObject().Select(m => m.Value.ToString()))));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    public async Task RunAsync_sums_hold_every_file_but_the_manifest_and_are_checked_by_the_tool_of_that_name(string compression)
    {
        const string tool = "/usr/bin/sha256sum";
        Assert.SkipUnless(File.Exists(tool) || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, $"{tool} is not there.");
        _rig.Plan = _rig.Plan with { Export = _rig.Plan.Export with { Compression = compression } };
        var outcome = await _rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        var names = outcome.Exports.SkipLast(2).Select(f => f.Name).ToArray();
        Assert.Equal(names, _rig.Read("SHA256SUMS").Split('\n')[..^1].Select(l => l[66..]));
        var (code, said) = await CheckAsync(tool);
        Assert.Equal((0, string.Concat(names.Select(n => $"{n}: OK\n"))), (code, said));
        await File.AppendAllTextAsync(Path.Combine(_rig.Folder, names[0]), "x", TestContext.Current.CancellationToken);
        Assert.Equal(1, (await CheckAsync(tool)).Code);
    }

    [Fact]
    public async Task RunAsync_sums_are_listed_and_served_as_text()
    {
        await _rig.RunAsync(Records[..1], ct: TestContext.Current.CancellationToken);
        await using var download = await _rig.Files.OpenAsync(ExportRig.Tenant, ExportRig.Job, "SHA256SUMS", TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; charset=utf-8", download!.ContentType);
    }

    [Fact]
    public async Task RunAsync_manifest_tells_of_the_original_member_where_records_have_it()
    {
        _rig.Refines();
        await _rig.RunAsync(Records[..1], ct: TestContext.Current.CancellationToken);
        Assert.Equal("_original", JsonElement.Parse(_rig.Read("manifest.json")).GetProperty("original_member").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(48)]
    public async Task RunAsync_cancelled_leaves_no_temporary_file_and_no_manifest(int at)
    {
        using var cancel = new CancellationTokenSource();
        _rig.BeforeBatch = first =>
        {
            if (first == at) cancel.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _rig.RunAsync(Records, ct: cancel.Token));
        Assert.DoesNotContain(_rig.Names(), n => n.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.DoesNotContain("manifest.json", _rig.Names());
        Assert.Empty(await _rig.Files.ListAsync(ExportRig.Tenant, ExportRig.Job, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RunAsync_failing_source_leaves_whole_files_only()
    {
        _rig.BeforeBatch = first =>
        {
            if (first == 45) throw new InvalidOperationException("source");
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => _rig.RunAsync(Records, ct: TestContext.Current.CancellationToken));
        foreach (var page in _rig.Names()) Assert.Equal(20, JsonElement.Parse(_rig.Read(page)).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task RunAsync_after_a_crash_removes_leftovers_and_gives_the_same_bytes()
    {
        await _rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        var clean = _rig.Contents();
        foreach (var name in new[] { StagedFile.TemporaryName("data.csv", 1, "csv0"), "data.csv", "data-00099.json" })
            await File.WriteAllTextAsync(Path.Combine(_rig.Folder, name), "half", TestContext.Current.CancellationToken);
        _rig.Fence = 2;
        await _rig.RunAsync(Records, batchSize: 7, ct: TestContext.Current.CancellationToken);
        Assert.Equal(clean, _rig.Contents());
        Assert.Equal(50, _rig.Progress.Exported);
    }

    [Fact]
    public async Task RunAsync_leaves_the_files_of_a_newer_attempt_alone()
    {
        Directory.CreateDirectory(_rig.Folder);
        var newer = StagedFile.TemporaryName("data.csv", 9, "csv0");
        await File.WriteAllTextAsync(Path.Combine(_rig.Folder, newer), "at work", TestContext.Current.CancellationToken);
        _rig.Fence = 8;
        await _rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        Assert.Equal("at work", _rig.Read(newer));
    }

    [Fact]
    public async Task RunAsync_files_become_visible_whole_while_the_job_runs()
    {
        var seen = new List<string>();
        _rig.BeforeBatch = _ =>
        {
            foreach (var name in _rig.Names().Where(n => !n.StartsWith('.')))
            {
                seen.Add(name);
                Assert.EndsWith("\n]}\n", _rig.Read(name), StringComparison.Ordinal);
            }
        };
        await _rig.RunAsync(Records, ct: TestContext.Current.CancellationToken);
        Assert.Contains("data-00001.json", seen);
    }

    [Fact]
    public async Task RunAsync_record_that_is_no_json_stops_the_export_as_critical()
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => _rig.RunAsync(["""{"a":1}""", """{"a":"""], ct: TestContext.Current.CancellationToken));
        Assert.Equal((FailureKind.Critical, "errors.export.record_broken"), (failure.Failure.Kind, failure.Failure.MessageKey));
        Assert.Empty(_rig.Names());
    }

    private async Task<(int Code, string Said)> CheckAsync(string tool)
    {
        using var check = System.Diagnostics.Process.Start(new ProcessStartInfo(tool, ["-c", "--strict", "SHA256SUMS"]) { WorkingDirectory = _rig.Folder, Environment = { ["LC_ALL"] = "C" }, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var errors = check.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await check.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await errors;
        await check.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (check.ExitCode, said);
    }
}
