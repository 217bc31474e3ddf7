using System.Text.Json;
using DataSync.Export.Coco.Categories;
using DataSync.Pipeline;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Coco;

/// <summary>
/// COCO: <c>coco.json</c>, an image a record, with the objects that the record carries as annotations of its own or as results of Label Studio; and
/// <c>coco-report.json</c>, which counts what came in against what went out, with a reason for each that did not.
/// </summary>
internal sealed class CocoExporter(NumberCategories number) : IExporter
{
    public string Format => "coco";

    public string ContentType => "application/json";

    public bool TakesOptions => true;

    public IEnumerable<Fault> Validate(JsonElement options, string path) => CocoOptionsValidation.Validate(options, path);

    public IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets)
    {
        var run = targets[0].Run;
        var options = CocoOptions.Read(run.Plan.Export.OptionsOf(Format));

        // Names come from records: where these are kept in memory, all or some, nothing of them goes to the database.
        var isStored = run.Plan.Mode == SyncModes.Async;
        var categories = new CocoCategories(options.Categories, isStored ? (names, ct) => number(run.TenantId, run.SourceId, names, ct) : null);
        return [.. targets.Select(t => new CocoSession(t, options, categories))];
    }
}
