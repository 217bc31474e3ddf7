using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Export.Csv;

/// <summary><c>export_config.csv</c>.</summary>
/// <param name="GuardsFormulas">Text that a spreadsheet would take for a formula is written behind a single quote.</param>
internal sealed record CsvOptions(bool GuardsFormulas)
{
    private const string FormulaGuard = "formula_guard";

    /// <summary>What is wrong with the options. Null stands for the default.</summary>
    public static IEnumerable<Fault> Validate(JsonElement given, string path) => ExportMembers.Members(given, path, (member, at) =>
        member.Name != FormulaGuard ? [new Fault(at, "faults.unknown")]
        : member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null ? [] : [new Fault(at, "faults.bool")]);

    /// <summary>Reads options that <see cref="Validate"/> found nothing wrong with; undefined for the defaults.</summary>
    public static CsvOptions Read(JsonElement given)
        => new(given.ValueKind == JsonValueKind.Object && given.TryGetProperty(FormulaGuard, out var guard) && guard.ValueKind == JsonValueKind.True);
}
