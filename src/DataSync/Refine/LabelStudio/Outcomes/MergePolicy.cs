using System.Text.Json;
using DataSync.Refine.LabelStudio.Tasks;

namespace DataSync.Refine.LabelStudio.Outcomes;

/// <summary>What of several people's annotations of a record is taken as its annotation. The raw ones are kept beside it under every policy.</summary>
internal static class MergePolicy
{
    public const string Latest = "latest";
    public const string Majority = "majority";
    public const string GroundTruth = "ground_truth";
    public const string Union = "union";
    public const string All = "all";

    public static readonly IReadOnlyList<string> Names = [Latest, Majority, GroundTruth, Union, All];

    /// <summary>Merges annotations that were not skipped, in the order of their ids.</summary>
    public static Merged Of(string policy, IReadOnlyList<RawAnnotation> valid)
    {
        if (valid.Count == 0) return Merged.None;
        var latest = valid.MaxBy(a => (a.ChangedAt, a.Id))!;
        return policy switch
        {
            Majority => MajorityVote.Of(valid),
            Union => UnionOfResults.Of(valid),
            All => Merged.Whole(valid),
            GroundTruth => Merged.Whole([valid.Where(a => a.IsGroundTruth).MaxBy(a => (a.ChangedAt, a.Id)) ?? latest]),
            _ => Merged.Whole([latest]),
        };
    }
}

/// <summary>The annotations that a policy takes.</summary>
/// <param name="Annotations">Each as a JSON object of Label Studio's kind with a <c>result</c>.</param>
/// <param name="Agreement">How many of the annotators are of the opinion that was taken, 0 to 1; null where nobody voted.</param>
internal sealed record Merged(IReadOnlyList<JsonElement> Annotations, double? Agreement)
{
    public static Merged None { get; } = new([], null);

    /// <summary>Annotations as they came.</summary>
    public static Merged Whole(IReadOnlyList<RawAnnotation> annotations) => new([.. annotations.Select(a => a.Whole)], null);

    /// <summary>One annotation put together from several.</summary>
    public static Merged Of(IReadOnlyList<string> results, IEnumerable<RawAnnotation> from, double? agreement)
        => new([JsonElement.Parse($$"""{"result":[{{string.Join(',', results)}}],"merged_from":[{{string.Join(',', from.Select(a => a.Id))}}],"was_cancelled":false}""")], agreement);
}
