using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Localization;
using DataSync.Refine.Rules.Checks;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataSync.Refine.Rules.Trial;

/// <summary>Runs rules over sample records, one by one, in the order they are given: exactly what a job would run.</summary>
internal sealed class RuleTrial(CompiledRules rules, UniqueMemory memory, Messages messages, string language)
{
    /// <summary>What would become of each record, and the sums.</summary>
    public async Task<RuleTestAnswer> RunAsync(IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken ct)
    {
        using var refiner = new RulesBatchRefiner(rules, memory, NullLogger.Instance);
        var sums = new RuleHits(rules.Ids);
        List<TriedRecord> tried = [];
        foreach (var (index, record) in records.Index())
        {
            using var batch = new RecordBatch(index, new RecordBuffer(record.Length, 1));
            batch.Raw.Add(record.Span);
            await refiner.RefineAsync(batch, ct);
            sums.With(batch.RuleHits);
            tried.Add(Show(index, batch, refiner));
        }

        return new RuleTestAnswer(tried, sums.Snapshot());
    }

    private TriedRecord Show(int index, RecordBatch batch, RulesBatchRefiner refiner)
    {
        var counts = batch.RuleHits!.Snapshot();
        batch.TryGetRejection(0, out var rejection);
        var after = rejection is null ? Json(batch.Current(0).Span) : null;
        var tags = batch.Metadata is { } metadata && metadata[0] is { Length: > 0 } found && JsonElement.Parse(found).TryGetProperty("tags", out var list) ? list.EnumerateArray().Select(t => t.GetString()!).ToArray() : [];
        return new TriedRecord(
            index,
            rejection is null ? "kept" : "rejected",
            Json(batch.Raw[0]),
            after,
            rejection is null && batch.Refined is { } refined && refined[0].Length > 0,
            rejection is null ? tags : [],
            [.. counts.Where(c => c.Hits > 0).Select(c => c.RuleId)],
            [.. counts.Where(c => c.Failed > 0).Select(c => Failure(c.RuleId, refiner))],
            rejection is null ? null : new TriedRejection(rejection.RuleId, rejection.Code, messages.Worded(rejection.Message, rejection.Field, language), rejection.Field));
    }

    /// <summary>A check that only tags or counts has no code of its own to tell: its failure is all there is to know.</summary>
    private static TriedFailure Failure(string ruleId, RulesBatchRefiner refiner)
    {
        var (_, code, field) = refiner.Failures.FirstOrDefault(f => string.Equals(f.Rule, ruleId, StringComparison.Ordinal));
        return new TriedFailure(ruleId, code, field);
    }

    private static RawJson Json(ReadOnlySpan<byte> document) => new(Encoding.UTF8.GetString(document));
}

/// <summary>What the rules would do to the records, and the sums as a job shows them.</summary>
internal sealed record RuleTestAnswer(IReadOnlyList<TriedRecord> Records, IReadOnlyList<RuleCount> Rules);

/// <summary>One record before and after. <c>hits</c> are the rules that ran on it, <c>failures</c> those that failed on it.</summary>
internal sealed record TriedRecord(
    int Index, string Outcome, RawJson Before, RawJson? After, bool Changed, IReadOnlyList<string> Tags, IReadOnlyList<string> Hits, IReadOnlyList<TriedFailure> Failures, TriedRejection? Rejection);

/// <summary>A rule or check that failed on a record. <c>code</c> is null for a check that only tags or counts.</summary>
internal sealed record TriedFailure(string RuleId, string? Code, string? Field);

/// <summary>Why a record would be refused, in the caller's language.</summary>
internal sealed record TriedRejection(string RuleId, string Code, string Message, string? Field);
