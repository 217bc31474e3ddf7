using DataSync.Export;
using DataSync.Export.Storage;
using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Export.Storage;

public sealed class DiskExportStorageTests : IDisposable
{
    private static readonly ExportLocation Location = new("t", Guid.Parse("019f0000-0000-7000-8000-000000000001"));
    private readonly ExportRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Full_disk_is_transient_and_named()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => StorageFailures.WrapAsync(async () =>
        {
            await File.WriteAllTextAsync("/dev/full", "x", TestContext.Current.CancellationToken);
            return true;
        }).AsTask());
        Assert.Equal((FailureKind.Transient, "errors.export.disk_full"), (failure.Failure.Kind, failure.Failure.MessageKey));
    }

    [Theory]
    [InlineData("/sys/datasync-exports")]
    [InlineData("/dev/null/exports")]
    public async Task Root_that_cannot_be_written_is_permanent_and_its_path_stays_inside(string root)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux");
        var storage = new DiskExportStorage(Options.Create(new ExportOptions { Root = root }));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => storage.PrepareAsync(Location, 1, TestContext.Current.CancellationToken));
        Assert.Equal((FailureKind.Permanent, "errors.export.storage_refused"), (failure.Failure.Kind, failure.Failure.MessageKey));
        Assert.DoesNotContain(root, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempt_whose_files_a_newer_one_removed_fails_and_publishes_nothing()
    {
        var folder = await _rig.Storage.PrepareAsync(Location, 1, TestContext.Current.CancellationToken);
        using var file = new StagedFile(Path.Combine(folder, StagedFile.TemporaryName("data.csv", 1, "csv0")), "data.csv");
        file.Write("x"u8);
        await file.FinishAsync(TestContext.Current.CancellationToken);
        await _rig.Storage.PrepareAsync(Location, 2, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => _rig.Storage.PublishAsync(Location, file.TemporaryPath, file.Name, TestContext.Current.CancellationToken));
        Assert.Equal("errors.export.storage_failed", failure.Failure.MessageKey);
        Assert.Empty(Directory.EnumerateFiles(folder));
    }

    [Theory]
    [InlineData("data.csv", null)]
    [InlineData(".data.csv", null)]
    [InlineData(".hidden.tmp", null)]
    [InlineData(".data.csv.12.csv0.tmp", 12L)]
    public void FenceOf_only_reads_temporary_names(string name, long? fence) => Assert.Equal(fence, StagedFile.FenceOf(name));
}
