using System.Runtime.CompilerServices;
using DataSync.Export.Compression;
using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Pipeline.Privacy;

namespace DataSync.Export;

/// <summary>
/// Looks for a text in a job's files, those included that no manifest names, and reads their records back, without holding one in memory. Formats that are no text are asked where no other file of the job can tell: all of them
/// hold the same records.
/// </summary>
internal sealed class ExportSearch(ExportFiles files, IExportStorage storage, IEnumerable<IExporter> exporters, IEnumerable<IFileCompression> compressions)
{
    private readonly Dictionary<string, IExporter> _exporters = exporters.ToDictionary(e => e.Format, StringComparer.Ordinal);
    private readonly Dictionary<string, IFileCompression> _compressions = compressions.ToDictionary(c => c.Name, StringComparer.Ordinal);

    /// <summary>See <see cref="FindInExport"/>.</summary>
    public async Task<bool> FindAsync(string tenantId, Guid jobId, WrittenText text, CancellationToken ct)
    {
        var named = await files.ListAsync(tenantId, jobId, ct);
        var left = await files.LeftAsync(tenantId, jobId, ct);
        if (named.Count == 0 && left.Begun > 0) return true;
        ExportedFile[] listed = [.. named, .. left.Published.Except(named.Select(f => f.Name), StringComparer.Ordinal).Select(Unnamed)];
        var location = new ExportLocation(tenantId, jobId);

        // what a manifest names holds the same records in every format; of what it does not, nobody knows
        var hasTexts = named.Any(f => _exporters.TryGetValue(f.Format, out var exporter) && IsText(exporter));
        foreach (var file in listed)
        {
            var exporter = _exporters.GetValueOrDefault(file.Format); // null: a manifest, sums, a dataset's card
            if (exporter is not null && hasTexts && !IsText(exporter) && named.Contains(file)) continue;
            if (await HoldsAsync(location, file, exporter, text, ct)) return true;
        }

        return false;
    }

    /// <summary>See <see cref="ReadExport"/>.</summary>
    public async IAsyncEnumerable<KeptInFile> ReadAsync(string tenantId, Guid jobId, WrittenText text, [EnumeratorCancellation] CancellationToken ct)
    {
        var location = new ExportLocation(tenantId, jobId);
        var named = await files.ListAsync(tenantId, jobId, ct);
        var left = await files.LeftAsync(tenantId, jobId, ct);
        if (named.Count == 0 && left.Begun > 0) yield return new KeptInFile(null, default, "begun");

        // JSON keeps records as they are, CSV as texts alone
        var best = named.Select(f => _exporters.GetValueOrDefault(f.Format)).OfType<IExporter>().Where(e => e.IsReadable).OrderByDescending(e => e.ContentType.Contains("json", StringComparison.Ordinal)).FirstOrDefault();
        ExportedFile[] listed =
        [
            .. named.Where(f => best is null || f.Format == best.Format),
            .. left.Published.Except(named.Select(f => f.Name), StringComparer.Ordinal).Select(Unnamed),
        ];
        foreach (var file in listed)
        {
            var exporter = _exporters.GetValueOrDefault(file.Format);
            if (exporter is not { IsReadable: true })
            {
                if (await HoldsAsync(location, file, exporter, text, ct)) yield return new KeptInFile(file.Name, default, "format");
                continue;
            }

            await foreach (var record in ReadAsync(location, file, exporter, ct)) yield return record;
        }
    }

    private async IAsyncEnumerable<KeptInFile> ReadAsync(ExportLocation location, ExportedFile file, IExporter exporter, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var stored = await storage.OpenAsync(location, file.Name, ct);
        if (stored is null) yield break;
        await using var plain = file.Compression is { } compression ? _compressions[compression].Decompress(stored) : stored;
        await using var records = exporter.ReadAsync(plain, ct).GetAsyncEnumerator(ct);
        while (true)
        {
            bool? more;
            try
            {
                more = await records.MoveNextAsync();
            }
            catch (InvalidDataException)
            {
                more = null;
            }

            if (more is not true)
            {
                if (more is null) yield return new KeptInFile(file.Name, default, "broken");
                yield break;
            }

            yield return new KeptInFile(file.Name, records.Current);
        }
    }

    /// <summary>What a file that no manifest names must be, by its name: formats and compressions are what names end in.</summary>
    private ExportedFile Unnamed(string name)
    {
        var compression = _compressions.Values.FirstOrDefault(c => name.EndsWith(c.Extension, StringComparison.Ordinal));
        var format = Path.GetExtension(compression is null ? name : name[..^compression.Extension.Length]).TrimStart('.');
        return new ExportedFile(name, format, 0, 0, "", "", compression?.Name);
    }

    private static bool IsText(IExporter exporter) => exporter.ContentType.StartsWith("text/", StringComparison.Ordinal) || exporter.ContentType.Contains("json", StringComparison.Ordinal);

    private async Task<bool> HoldsAsync(ExportLocation location, ExportedFile file, IExporter? exporter, WrittenText text, CancellationToken ct)
    {
        await using var stored = await storage.OpenAsync(location, file.Name, ct);
        if (stored is null) return false;
        await using var plain = file.Compression is { } compression ? _compressions[compression].Decompress(stored) : stored;
        return exporter is null ? await text.IsInAsync(plain, ct) : await exporter.HoldsAsync(plain, text, ct);
    }
}
