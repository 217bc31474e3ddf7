using DataSync.Export.Storage;
using DataSync.Pipeline;
using DataSync.Platform.Localization;

namespace DataSync.Export.Datasets;

/// <summary>Publishes what describes an export as a dataset.</summary>
internal static class DatasetFiles
{
    /// <summary>Writes <c>croissant.json</c> and <c>README.md</c>; returns their entries.</summary>
    /// <param name="open">Makes a target for a format.</param>
    /// <param name="run">The attempt.</param>
    /// <param name="plan">What the tenant says of the dataset.</param>
    /// <param name="files">All files of data.</param>
    /// <param name="written">Those of this walk, whose fields were seen.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="messages">The texts, of which those in the job's language are written.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<ExportedFile>> PublishAsync(
        Func<string, ExportTarget> open, SyncRun run, DatasetPlan plan, IReadOnlyList<ExportedFile> files, IEnumerable<ExportedFile> written, DatasetFields fields, Messages messages,
        CancellationToken ct)
    {
        var words = new DatasetWords(messages, run.Language);
        await using var croissant = open(CroissantJson.Format);
        await using var card = open(DatasetCard.Format);
        var description = croissant.Create(CroissantJson.FileName);
        CroissantJson.Write(description, plan, run.CreatedAt, files, written, fields.Fields, words);
        await PublishAsync(croissant, description, ct);
        var readme = card.Create(DatasetCard.FileName);
        readme.Write(DatasetCard.Write(plan, files, words));
        await PublishAsync(card, readme, ct);
        return [.. croissant.Published, .. card.Published];
    }

    private static async Task PublishAsync(ExportTarget target, StagedFile file, CancellationToken ct)
    {
        await target.PublishAsync(file, records: 0, ct);
        await target.CompleteAsync();
    }
}
