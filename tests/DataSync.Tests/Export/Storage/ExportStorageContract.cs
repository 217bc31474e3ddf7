using System.Text;
using DataSync.Export;
using DataSync.Export.Storage;
using DataSync.Pipeline.Failures;

namespace DataSync.Tests.Export.Storage;

/// <summary>What every place for exports must do alike.</summary>
public abstract class ExportStorageContract
{
    private readonly ExportLocation _location = new("Mandant ü", Guid.CreateVersion7());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The storage under test.</summary>
    internal abstract Task<IExportStorage> StorageAsync();

    [Fact]
    public async Task Published_file_is_read_back_whole_and_from_any_place()
    {
        var storage = await StorageAsync();
        var text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"{i};"));
        await PublishAsync(storage, 1, "data.csv", text);
        await storage.SealAsync(_location, Ct);
        await using var stream = await storage.OpenAsync(_location, "data.csv", Ct);
        Assert.Equal(text.Length, stream!.Length);
        foreach (var from in (int[])[5000, 17, 0, text.Length - 3])
        {
            stream.Seek(from, SeekOrigin.Begin);
            var bytes = new byte[3];
            await stream.ReadExactlyAsync(bytes, Ct);
            Assert.Equal(text.Substring(from, 3), Encoding.UTF8.GetString(bytes));
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1], Ct));
    }

    [Fact]
    public async Task Empty_file_is_a_file()
    {
        var storage = await StorageAsync();
        await PublishAsync(storage, 1, "data.csv", "");
        Assert.Equal("", await TextAsync(storage, "data.csv"));
    }

    [Fact]
    public async Task Published_name_is_replaced_and_its_staged_file_is_gone()
    {
        var storage = await StorageAsync();
        await PublishAsync(storage, 1, "data.csv", "first");
        var staged = await PublishAsync(storage, 1, "data.csv", "second");
        Assert.Equal("second", await TextAsync(storage, "data.csv"));
        Assert.False(File.Exists(staged));
    }

    [Fact]
    public async Task Name_nobody_published_is_absent()
    {
        var storage = await StorageAsync();
        Assert.Null(await TextAsync(storage, "data.csv"));
        await PublishAsync(storage, 1, "data.csv", "x");
        Assert.Null(await TextAsync(storage, "other.csv"));
    }

    [Fact]
    public async Task Prepare_takes_the_manifest_away_and_older_attempts_staged_files_but_no_newer_ones()
    {
        var storage = await StorageAsync();
        await PublishAsync(storage, 1, "data.csv", "x");
        await PublishAsync(storage, 1, ExportManifest.FileName, "{}");
        var folder = await storage.PrepareAsync(_location, 2, Ct);
        var (older, newer) = (Path.Combine(folder, StagedFile.TemporaryName("a.csv", 2, "csv0")), Path.Combine(folder, StagedFile.TemporaryName("a.csv", 4, "csv0")));
        await File.WriteAllTextAsync(older, "x", Ct);
        await File.WriteAllTextAsync(newer, "x", Ct);
        Assert.Equal(folder, await storage.PrepareAsync(_location, 3, Ct));
        Assert.Equal((false, true), (File.Exists(older), File.Exists(newer)));
        Assert.Null(await TextAsync(storage, ExportManifest.FileName));
        Assert.Equal("x", await TextAsync(storage, "data.csv"));
    }

    [Fact]
    public async Task KeepOnly_removes_every_other_file()
    {
        var storage = await StorageAsync();
        foreach (var name in (string[])["data-00001.json", "data-00002.json", "old.csv"]) await PublishAsync(storage, 1, name, name);
        await storage.KeepOnlyAsync(_location, new HashSet<string>(StringComparer.Ordinal) { "data-00002.json" }, Ct);
        Assert.Null(await TextAsync(storage, "data-00001.json"));
        Assert.Null(await TextAsync(storage, "old.csv"));
        Assert.Equal("data-00002.json", await TextAsync(storage, "data-00002.json"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Discard_removes_files_where_no_manifest_says_they_are_an_export(bool isExport)
    {
        var storage = await StorageAsync();
        foreach (var name in (string[])["data.csv", "kept.csv"]) await PublishAsync(storage, 1, name, "x");
        if (isExport) await PublishAsync(storage, 1, ExportManifest.FileName, "{}");
        await storage.DiscardAsync(_location, 1, new HashSet<string>(StringComparer.Ordinal) { "kept.csv" }, Ct);
        Assert.Equal(isExport ? "x" : null, await TextAsync(storage, "data.csv"));
        Assert.Equal("x", await TextAsync(storage, "kept.csv"));
    }

    [Fact]
    public async Task Delete_removes_everything_of_the_job_and_nothing_of_another()
    {
        var storage = await StorageAsync();
        await PublishAsync(storage, 1, "data.csv", "x");
        await PublishAsync(storage, 1, ExportManifest.FileName, "{}");
        var other = new ExportLocation("Mandant ü", Guid.CreateVersion7());
        await PublishAsync(storage, 1, "data.csv", "y", other);
        await storage.DeleteAsync(_location, Ct);
        await storage.DeleteAsync(_location, Ct);
        Assert.Null(await TextAsync(storage, "data.csv"));
        Assert.Equal("y", await TextAsync(storage, "data.csv", other));
    }

    [Fact]
    public async Task Deleted_tenant_has_no_file_of_any_job_and_one_whose_name_begins_alike_keeps_its_own()
    {
        var storage = await StorageAsync();
        var second = _location with { JobId = Guid.CreateVersion7() };
        var other = new ExportLocation(_location.TenantId + "2", Guid.CreateVersion7());
        foreach (var location in (ExportLocation[])[_location, second, other]) await PublishAsync(storage, 1, "data.csv", "x", location);
        await storage.DeleteAllAsync(_location.TenantId, Ct);
        await storage.DeleteAllAsync(_location.TenantId, Ct);
        Assert.Null(await TextAsync(storage, "data.csv"));
        Assert.Null(await TextAsync(storage, "data.csv", second));
        Assert.Equal("x", await TextAsync(storage, "data.csv", other));
    }

    [Fact]
    public async Task All_files_of_a_job_are_listed_published_or_only_begun_and_none_of_another_job()
    {
        var storage = await StorageAsync();
        Assert.Empty(await storage.ListAsync(_location, Ct));
        var begun = StagedFile.TemporaryName("data.json", 1, "json0");
        await File.WriteAllTextAsync(Path.Combine(await storage.PrepareAsync(_location, 1, Ct), begun), "x", Ct);
        await PublishAsync(storage, 1, "data.csv", "x");
        await PublishAsync(storage, 1, "other.csv", "x", _location with { JobId = Guid.CreateVersion7() });
        Assert.Equal([begun, "data.csv"], (await storage.ListAsync(_location, Ct)).Order(StringComparer.Ordinal));
        await storage.DeleteAsync(_location, Ct);
        Assert.Empty(await storage.ListAsync(_location, Ct));
    }

    [Fact]
    public async Task Staged_file_that_is_gone_is_a_named_failure()
    {
        var storage = await StorageAsync();
        var folder = await storage.PrepareAsync(_location, 1, Ct);
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => storage.PublishAsync(_location, Path.Combine(folder, ".gone.1.csv0.tmp"), "data.csv", Ct));
        Assert.StartsWith("errors.export.storage_", failure.Failure.MessageKey, StringComparison.Ordinal);
    }

    private async Task<string> PublishAsync(IExportStorage storage, long fence, string name, string text, ExportLocation? location = null)
    {
        var to = location ?? _location;
        var folder = await storage.PrepareAsync(to with { JobId = Guid.CreateVersion7() }, fence, Ct); // staged beside, so that no manifest is taken away
        var path = Path.Combine(folder, StagedFile.TemporaryName(name, fence, "csv0"));
        if (storage is DiskExportStorage) Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(folder)!, to.JobId.ToString("D")));
        await File.WriteAllTextAsync(path, text, Ct);
        await storage.PublishAsync(to, path, name, Ct);
        return path;
    }

    private async Task<string?> TextAsync(IExportStorage storage, string name, ExportLocation? location = null)
    {
        await using var stream = await storage.OpenAsync(location ?? _location, name, Ct);
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Ct);
    }
}
