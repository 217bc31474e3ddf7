using System.Text.Json;

namespace DataSync.Refine.Ai;

/// <summary>What a job asks of the model: <c>refinement_config.ai</c>, read.</summary>
internal sealed record AiPlan
{
    public required string Model { get; init; }

    /// <summary>Names of built-in tasks, in the order of <see cref="AiTasks.All"/>.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>The classes of <c>classification</c>.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>The tenant's own JSON Schema, an object; undefined for none.</summary>
    public JsonElement Schema { get; init; }

    /// <summary>Members of the record that are sent; null for all.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>What the tenant says about its data, to be told the model; null for nothing.</summary>
    public string? Instructions { get; init; }

    /// <summary>A value the model is less sure of is marked. From 0 to 1.</summary>
    public double MinConfidence { get; init; } = 0.5;

    /// <summary>Records that the budget does not reach fail the job instead of going on without.</summary>
    public bool FailsOverBudget { get; init; }

    public bool HasSchema => Schema.ValueKind == JsonValueKind.Object;
}

/// <summary>The built-in tasks.</summary>
internal static class AiTasks
{
    public const string Summary = "summary";
    public const string Entities = "entities";
    public const string Sentiment = "sentiment";
    public const string Classification = "classification";

    /// <summary>What the tenant's own schema yields.</summary>
    public const string Fields = "fields";

    public static readonly IReadOnlyList<string> All = [Summary, Entities, Sentiment, Classification];

    public static readonly IReadOnlyList<string> Sentiments = ["positive", "neutral", "negative", "mixed"];

    public static readonly IReadOnlyList<string> EntityTypes = ["person", "organization", "location", "date", "money", "product", "event", "identifier", "other"];
}
