using System.Text.Json;
using DataSync.Pipeline.Connectors;

namespace DataSync.Sources;

/// <summary>What was last found out about a source's login.</summary>
/// <param name="Outcome"><c>verified_read_only</c>, <c>writable</c>, or <c>unknown</c> where its server could not be asked when the source was saved.</param>
/// <param name="Grants">What the login could change.</param>
/// <param name="Replication">True where it may follow the log of changes; null where nobody knows.</param>
/// <param name="CheckedAt">When that was.</param>
internal sealed record AccessState(string Outcome, IReadOnlyList<string> Grants, bool? Replication, DateTimeOffset CheckedAt)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static AccessState Of(AccessReport report, DateTimeOffset at) => new(report.Outcome, report.Grants, report.Replication, at);

    public static AccessState Unknown(DateTimeOffset at) => new("unknown", [], null, at);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for null.</summary>
    public static AccessState? Read(string? json) => json is null ? null : JsonSerializer.Deserialize<AccessState>(json, Json);

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>True where both say the same, whenever they were found out.</summary>
    public bool SaysAs(AccessState other) => Outcome == other.Outcome && Replication == other.Replication && Grants.SequenceEqual(other.Grants, StringComparer.Ordinal);
}
