using DataSync.Export.Storage;
using DataSync.Pipeline;

namespace DataSync.Export;

/// <summary>
/// Where a session puts its files. Every file of every format is made here, so what concerns all formats (naming, compression, splits)
/// has this one place.
/// </summary>
internal sealed class ExportTarget(SyncRun run, string format, ExportLocation location, string stagingFolder, IExportStorage storage) : IAsyncDisposable
{
    private readonly List<StagedFile> _staged = [];
    private readonly List<ExportedFile> _published = [];
    private Task _publishing = Task.CompletedTask;
    private int _created;

    public SyncRun Run { get; } = run;

    /// <summary>The files published so far, in order.</summary>
    public IReadOnlyList<ExportedFile> Published => _published;

    /// <summary>Begins a file. It is invisible under its name until it is published. A walk for one part of a job names the part, so that the other's files stay.</summary>
    public StagedFile Create(string name) => Begin(Run.Inline?.Part is { } part ? $"{part}-{name}" : name);

    /// <summary>Begins a draft's file again, to replace it.</summary>
    public StagedFile Redo(StagedFile draft) => Begin(draft.Name);

    private StagedFile Begin(string name)
    {
        var file = new StagedFile(Path.Combine(stagingFolder, StagedFile.TemporaryName(name, Run.Fence, $"{format}{_created++}")), name);
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
        await _publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var file in _staged) file.Dispose();
        _staged.Clear();
    }

    private async Task PublishNowAsync(StagedFile file, long records, CancellationToken ct)
    {
        var sha256 = await file.FinishAsync(ct);
        await storage.PublishAsync(location, file.TemporaryPath, file.Name, ct);
        _published.Add(new ExportedFile(file.Name, format, file.Length, records, sha256, location.KeyOf(file.Name)));
        Drop(file);
    }
}
