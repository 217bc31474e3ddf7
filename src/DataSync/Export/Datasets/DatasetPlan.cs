using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Export.Datasets;

/// <summary><c>export_config.dataset</c>: what those who are given the export should know of it. Asks for <c>croissant.json</c> and <c>README.md</c>.</summary>
internal sealed record DatasetPlan(string Name, string Description, string License, string Url, string Creator)
{
    /// <summary>The member's name.</summary>
    public const string Member = "dataset";

    /// <summary>The dataset of an export in which <see cref="DatasetValidation"/> found nothing wrong; null where none is asked for.</summary>
    public static DatasetPlan? Read(ExportPlan plan)
    {
        var given = plan.OptionsOf(Member);
        return given.ValueKind != JsonValueKind.Object ? null
            : new DatasetPlan(Text(given, "name"), Text(given, "description"), Text(given, "license"), Text(given, "url"), Text(given, "creator"));
    }

    private static string Text(JsonElement given, string name) => given.GetProperty(name).GetString()!;
}
