using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Refine.Rules.Actions;
using DataSync.Refine.Rules.Logic;
using Microsoft.Extensions.Logging;

namespace DataSync.Refine.Rules;

/// <summary>Runs a compiled rule set over batches. Holds the working state of one record, so one instance serves one job at a time.</summary>
internal sealed class RulesBatchRefiner(Rule[] rules, ILogger logger) : IBatchRefiner
{
    private readonly RuleRun _run = new();
    private readonly FailureTally _failures = new();

    public bool AddsMetadata { get; } = Array.Exists(rules, rule => Array.Exists(rule.Then, action => action is TagAction));

    public ValueTask RefineAsync(RecordBatch batch, CancellationToken ct)
    {
        using var output = new BatchOutput(batch);
        for (var i = 0; i < batch.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            if (!batch.IsKept(i) || !Refine(batch, i, ct)) output.AddUnrefined();
            else output.Add(_run);
        }

        output.End();
        _failures.Report(logger);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs the rules over one record. False where the record was rejected.</summary>
    private bool Refine(RecordBatch batch, int index, CancellationToken ct)
    {
        if (!TryBegin(batch, index)) return false;
        foreach (var rule in rules)
        {
            ct.ThrowIfCancellationRequested();
            if (Run(rule) is { } failure)
            {
                _failures.Add(rule.Id, failure, _run.Field, batch.SeqOf(index));
                if (!rule.KeepsOnError) _run.Rejection = new Rejection(rule.Id, failure.Code, failure.MessageKey, _run.Field);
            }

            if (_run.Rejection is { } rejection)
            {
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
            _failures.Add(rules[0].Id, RuleFailure.UnreadableRecord, field: null, batch.SeqOf(index));
            batch.Reject(index, new Rejection(rules[0].Id, RuleFailure.UnreadableRecord.Code, RuleFailure.UnreadableRecord.MessageKey));
            return false;
        }
    }

    /// <summary>One rule: all of it takes effect, or nothing of it does.</summary>
    private RuleFailure? Run(Rule rule)
    {
        var (saved, tags) = (false, _run.Tags.Count);
        _run.Field = null;
        _run.Evaluation.BeginRule();
        RuleFailure? failure = null;
        try
        {
            if (rule.When is { } when && !Coercion.IsTruthy(when.Evaluate(_run.Evaluation, _run.Record.Root))) return null;
            _run.Record.Save();
            saved = true;
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

        if (failure is null) return null;
        if (saved) _run.Record.Restore();
        _run.Tags.RemoveRange(tags, _run.Tags.Count - tags);
        _run.Rejection = null;
        return failure;
    }
}
