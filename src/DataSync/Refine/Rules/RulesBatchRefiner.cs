using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Refinement;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Checks;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

/// <summary>Runs a compiled rule set over batches. Holds the working state of one record, so one instance serves one job at a time.</summary>
internal sealed class RulesBatchRefiner(CompiledRules rules, UniqueMemory memory, ILogger logger) : IBatchRefiner, IDisposable
{
    private readonly Rule[] _rules = rules.Rules;
    private readonly RuleRun _run = new(rules.Unique.Count > 0 ? new UniqueValues(memory, rules.Unique) : null);
    private readonly FailureTally _failures = new();
    private RuleHits _hits = new(rules.Ids);

    public bool AddsMetadata => rules.Tags;

    public bool Remembers => _run.Unique is not null;

    /// <summary>What failed in the last batch, by rule, code and field.</summary>
    public IEnumerable<(string Rule, string Code, string? Field)> Failures => _failures.All;

    public void Recall(SeenValues seen) => _run.Unique?.Recall(seen);

    public void Dispose() => _run.Unique?.Dispose();

    public ValueTask RefineAsync(RecordBatch batch, CancellationToken ct)
    {
        using var output = new BatchOutput(batch);
        _failures.Clear();
        _hits = new RuleHits(rules.Ids);
        for (var i = 0; i < batch.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            if (!batch.IsKept(i) || !Refine(batch, i, ct))
            {
                _run.Unique?.Drop();
                output.AddUnrefined();
                continue;
            }

            _run.Unique?.Keep();
            output.Add(_run);
        }

        output.End();
        batch.RuleHits = _hits;
        if (_run.Unique is { } unique) batch.Seen = [.. batch.Seen, .. unique.Take()];
        _failures.Report(logger);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs the rules over one record. False where the record was rejected.</summary>
    private bool Refine(RecordBatch batch, int index, CancellationToken ct)
    {
        if (!TryBegin(batch, index)) return false;
        for (var i = 0; i < _rules.Length; i++)
        {
            ct.ThrowIfCancellationRequested();
            var rule = _rules[i];
            if (Run(rule, i) is { } failure)
            {
                _hits.Fail(i);
                _failures.Add(rule.Id, failure, _run.Field, batch.SeqOf(index));
                if (!rule.KeepsOnError) _run.Rejection = new Rejection(rule.Id, failure.Code, failure.MessageKey, _run.Field);
            }

            if (_run.Rejection is { } rejection)
            {
                _hits.Reject(i);
                batch.Reject(index, rejection);
                return false;
            }
        }

        return true;
    }

    /// <summary>A record that is no JSON fails under the first rule; no rule could read it.</summary>
    private bool TryBegin(RecordBatch batch, int index)
    {
        try
        {
            _run.Begin(batch.Current(index));
            return true;
        }
        catch (JsonException)
        {
            _failures.Add(_rules[0].Id, RuleFailure.UnreadableRecord, field: null, batch.SeqOf(index));
            _hits.Fail(0);
            _hits.Reject(0);
            batch.Reject(index, new Rejection(_rules[0].Id, RuleFailure.UnreadableRecord.Code, RuleFailure.UnreadableRecord.MessageKey));
            return false;
        }
    }

    /// <summary>One rule: all of it takes effect, or nothing of it does.</summary>
    private RuleFailure? Run(Rule rule, int index)
    {
        var (saved, tags) = (false, _run.Tags.Count);
        (_run.Field, _run.HasFailed) = (null, false);
        _run.Evaluation.BeginRule();
        RuleFailure? failure = null;
        try
        {
            if (rule.When is { } when && !when.Test(_run.Evaluation, _run.Record.Root)) return null;
            _hits.Hit(index);
            _run.Record.Read();
            if (rule.MayLeaveHalf) _run.Record.Save();
            saved = rule.MayLeaveHalf;
            foreach (var action in rule.Then)
            {
                failure = action.Apply(_run);
                if (failure is not null || _run.Rejection is not null) break;
            }
        }
        catch (RuleFailureException broken)
        {
            failure = broken.Failure;
        }
        catch (JsonException)
        {
            failure = RuleFailure.UnreadableRecord;
        }
#pragma warning disable CA1031 // a fault of ours in one expression must cost one record, not the job
        catch (Exception)
#pragma warning restore CA1031
        {
            failure = RuleFailure.Unexpected;
        }

        if (failure is null)
        {
            if (_run.HasFailed) _hits.Fail(index);
            return null;
        }

        if (saved) _run.Record.Restore();
        _run.Tags.RemoveRange(tags, _run.Tags.Count - tags);
        _run.Rejection = null;
        return failure;
    }
}
