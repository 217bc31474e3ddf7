using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Coco;

/// <summary>
/// COCO: <c>coco.json</c>, an image a record, with the objects that the record carries as annotations of its own or as results of Label Studio; and
/// <c>coco-report.json</c>, which counts what came in against what went out, with a reason for each that did not.
/// </summary>
internal sealed class CocoExporter : IExporter
{
    public string Format => "coco";

    public string ContentType => "application/json";

    public bool TakesOptions => true;

    public IEnumerable<Fault> Validate(JsonElement options, string path) => CocoOptionsValidation.Validate(options, path);

    public IReadOnlyList<IExportSession> Open(IReadOnlyList<ExportTarget> targets)
    {
        var options = CocoOptions.Read(targets[0].Run.Plan.Export.OptionsOf(Format));
        var categories = new CocoCategories(options.Categories);
        return [.. targets.Select(t => new CocoSession(t, options, categories))];
    }
}
