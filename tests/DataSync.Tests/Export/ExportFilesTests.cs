using System.Text;
using DataSync.Pipeline;

namespace DataSync.Tests.Export;

public sealed class ExportFilesTests : IDisposable
{
    private readonly ExportRig _rig = new() { Plan = new SyncPlan { OutputFormats = ["jsonl", "csv"] } };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task ListAsync_is_what_the_stage_reported()
    {
        var outcome = await _rig.RunAsync(["""{"a":1}"""], ct: TestContext.Current.CancellationToken);
        Assert.Equal(outcome.Exports, await _rig.Files.ListAsync(ExportRig.Tenant, ExportRig.Job, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ListAsync_without_an_export_is_empty() => Assert.Empty(await _rig.Files.ListAsync("nobody", ExportRig.Job, TestContext.Current.CancellationToken));

    [Fact]
    public async Task OpenAsync_gives_a_seekable_stream_with_a_length()
    {
        await _rig.RunAsync(["""{"a":1}""", """{"a":2}"""], ct: TestContext.Current.CancellationToken);
        await using var download = await _rig.Files.OpenAsync(ExportRig.Tenant, ExportRig.Job, "data.jsonl", TestContext.Current.CancellationToken);
        Assert.Equal((16, 16L), ((int)download!.Content.Length, download.File.Bytes));
        download.Content.Seek(8, SeekOrigin.Begin);
        using var reader = new StreamReader(download.Content, Encoding.UTF8);
        Assert.Equal("{\"a\":2}\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("stray.json")]
    [InlineData("DATA.JSONL")]
    [InlineData("")]
    public async Task OpenAsync_refuses_what_the_manifest_does_not_name(string name)
    {
        await _rig.RunAsync(["""{"a":1}"""], ct: TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_rig.Folder, "stray.json"), "{}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_rig.Root, "secret"), "x", TestContext.Current.CancellationToken);
        Assert.Null(await _rig.Files.OpenAsync(ExportRig.Tenant, ExportRig.Job, name, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OpenAsync_of_another_tenant_finds_nothing()
    {
        await _rig.RunAsync(["""{"a":1}"""], ct: TestContext.Current.CancellationToken);
        Assert.Null(await _rig.Files.OpenAsync("Acme", ExportRig.Job, "data.jsonl", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DeleteAsync_removes_all_and_can_be_repeated()
    {
        await _rig.RunAsync(["""{"a":1}"""], ct: TestContext.Current.CancellationToken);
        await _rig.Files.DeleteAsync(ExportRig.Tenant, ExportRig.Job, TestContext.Current.CancellationToken);
        await _rig.Files.DeleteAsync(ExportRig.Tenant, ExportRig.Job, TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(_rig.Folder));
        Assert.Empty(await _rig.Files.ListAsync(ExportRig.Tenant, ExportRig.Job, TestContext.Current.CancellationToken));
    }
}
