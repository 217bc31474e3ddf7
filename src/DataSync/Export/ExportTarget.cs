using DataSync.Export.Compression;
using DataSync.Export.Storage;
using DataSync.Pipeline;

namespace DataSync.Export;

/// <summary>
/// Where a session puts its files. Every file of every format is made here, so what concerns all formats (naming, compression, splits)
/// has this one place.
/// </summary>
/// <param name="run">The attempt.</param>
/// <param name="format">The exporter's name.</param>
/// <param name="location">Whose files these are.</param>
/// <param name="stagingFolder">Where files are staged.</param>
/// <param name="storage">Takes whole files.</param>
/// <param name="compression">Applied to every file that it makes smaller; null for none.</param>
/// <param name="split">The part whose records come, such as <c>train</c>; its files' names begin with it. Null where records are not divided.</param>
internal sealed class ExportTarget(
    SyncRun run, string format, ExportLocation location, string stagingFolder, IExportStorage storage, IFileCompression? compression = null, string? split = null) : IAsyncDisposable
{
    private readonly List<StagedFile> _staged = [];
    private readonly List<ExportedFile> _published = [];
    private Task _publishing = Task.CompletedTask;
    private Task _beside = Task.CompletedTask;
    private int _created;

    public SyncRun Run { get; } = run;

    /// <summary>The exporter's name.</summary>
    public string Format { get; } = format;

    /// <summary>The files published so far, in order.</summary>
    public IReadOnlyList<ExportedFile> Published => _published;

    /// <summary>Begins a file. It is invisible under its name until it is published. A walk for one part of a job names the part, so that the other's files stay.</summary>
    public StagedFile Create(string name) => Begin(Prefix(Run.Inline?.Part) + Prefix(split) + name, stays: compression is null);

    /// <summary>Begins a draft's file again, to replace it.</summary>
    public StagedFile Redo(StagedFile draft) => Begin(draft.Name, stays: compression is null);

    /// <summary>Begins a draft beside a file, which is read back and dropped and never published.</summary>
    public StagedFile Draft(StagedFile file) => Begin(file.Name, isDraft: true);

    private static string Prefix(string? part) => part is null ? "" : part + "-";

    private StagedFile Begin(string name, bool isDraft = false, bool stays = true)
    {
        var file = new StagedFile(Path.Combine(stagingFolder, StagedFile.TemporaryName(name, Run.Fence, $"{Format}{_created++}")), name, isDraft, stays);
        lock (_staged) _staged.Add(file);
        return file;
    }

    /// <summary>
    /// Takes over a file to flush it to the disk and give it its name. Returns once the file before is published: waiting for the disk and
    /// writing the next file go together, and one failure at most is on its way.
    /// </summary>
    public async Task PublishAsync(StagedFile file, long records, CancellationToken ct)
    {
        await _publishing;
        _publishing = PublishNowAsync(file, records, ct);
    }

    /// <summary>Notes work on files begun here that goes on while records come. Where the export is left in the middle, the files wait for its end.</summary>
    public Task Beside(Task work) => _beside = work;

    /// <summary>Returns when all files taken over are published.</summary>
    public Task CompleteAsync() => _publishing;

    /// <summary>Forgets a draft.</summary>
    public void Drop(StagedFile file)
    {
        lock (_staged) _staged.Remove(file);
        file.Dispose();
    }

    /// <summary>Removes every file that was begun and not published.</summary>
    public async ValueTask DisposeAsync()
    {
        await _beside.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var file in _staged) file.Dispose();
        _staged.Clear();
    }

    private async Task PublishNowAsync(StagedFile file, long records, CancellationToken ct)
    {
        var applied = compression is null ? null : await TryCompressAsync(file, compression, ct);
        var sent = applied ?? file;
        var sha256 = await sent.FinishAsync(ct);
        await Run.Confirm(ct);
        await storage.PublishAsync(location, sent.TemporaryPath, sent.Name, ct);
        _published.Add(new ExportedFile(sent.Name, Format, sent.Length, records, sha256, location.KeyOf(sent.Name), applied is null ? null : compression!.Name, split));
        Drop(file);
        if (applied is not null) Drop(applied);
    }

    /// <summary>The compressed form; null where it is not smaller, and the file goes out as it is.</summary>
    private async Task<StagedFile?> TryCompressAsync(StagedFile file, IFileCompression into, CancellationToken ct)
    {
        var small = Begin(file.Name + into.Extension);
        await CompressedFile.WriteAsync(file, small, into, ct);
        if (small.Length < file.Length) return small;
        Drop(small);
        return null;
    }
}
