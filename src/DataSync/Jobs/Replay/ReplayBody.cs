using System.Text.Json;
using DataSync.Pipeline.Replay;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;

namespace DataSync.Jobs.Replay;

/// <summary>The body of <c>POST …/rejections/replay</c>: which records, and perhaps other rules than the source's.</summary>
internal sealed record ReplayBody(RejectionChoice Choice, JsonElement? RefinementConfig) : IRequestBody<ReplayBody>
{
    private const int MaxSeqs = 10_000;

    public static ReplayBody Read(JsonObjectReader json)
    {
        var seqs = Seqs(json);
        var (rule, code) = (json.OptionalString("rule_id"), json.OptionalString("code"));
        var all = json.OptionalBool("all") ?? false;
        var refinement = json.RawObject("refinement_config");
        if (seqs is null && rule is null && code is null && !all) json.Refuse("seqs", "faults.replay.choice");
        if (seqs is not null && (rule is not null || code is not null || all)) json.Refuse("seqs", "faults.replay.choice");
        return new ReplayBody(new RejectionChoice(seqs, rule, code), refinement);
    }

    private static List<long>? Seqs(JsonObjectReader json)
    {
        if (json.Raw("seqs") is not { } list) return null;
        if (list.ValueKind != JsonValueKind.Array)
        {
            json.Refuse("seqs", "faults.list");
            return [];
        }

        if (list.GetArrayLength() is 0 or > MaxSeqs) json.Refuse("seqs", "faults.items", ("min", 1), ("max", MaxSeqs));
        List<long> seqs = [];
        foreach (var item in list.EnumerateArray().Take(MaxSeqs))
        {
            if (item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var seq) && seq >= 0) seqs.Add(seq);
            else json.Refuse("seqs", "faults.integer", ("min", 0), ("max", long.MaxValue));
        }

        return [.. seqs.Distinct()];
    }
}
