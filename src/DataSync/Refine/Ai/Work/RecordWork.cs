using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;

namespace DataSync.Refine.Ai.Work;

/// <summary>One record after the other, many at once: hidden, looked up, asked for, checked, asked again with what was wrong, and brought back.</summary>
internal sealed class RecordWork(string tenantId, Guid jobId, AiPlan plan, AiPrompt prompt, AiModel model, bool keepsAnswers)
{
    private readonly AnswerCheck _check = new(plan);
    private readonly ResultWriter _results = new(plan, prompt, model.Options);
    private readonly ModelCalls _calls = new(tenantId, plan, model);

    /// <summary>What becomes of a record. Throws only what concerns every record.</summary>
    /// <param name="seq">The record within the job.</param>
    /// <param name="document">The record.</param>
    /// <param name="ct">Calls it off.</param>
    public async Task<RecordOutcome> RunAsync(long seq, ReadOnlyMemory<byte> document, CancellationToken ct)
    {
        if (document.Length > ShieldedRecord.MostBytes) return _results.Without(Outcomes.Failed, "too_large", default);
        ShieldedRecord record;
        try
        {
            record = ShieldedRecord.Of(document.Span, plan.Fields);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, nested too deep, or a name with half of a character.
            return _results.Without(Outcomes.Failed, "unreadable", default);
        }

        if (record.IsEmpty) return _results.Without(Outcomes.Empty, null, default);
        var key = AnswerKey.Of(tenantId, plan, prompt, record.Text);
        if (!keepsAnswers) return await AskAsync(seq, record, key, default, ct);
        while (true)
        {
            // Looked up in flight: where another asks for the same, its answer is there once it has landed.
            using var flight = await model.Flights.BeginAsync(key, ct);
            if (flight is null) continue;

            // An answer that this record paid for itself, before its worker died, has its cost, also where it does not hold any more; another's costs nothing.
            var known = await model.Answers.FindAsync(tenantId, key, ct);
            var paid = known?.For(jobId, seq) ?? default;
            if (known is not null && _check.Fault(known.Answer, record, out var given) is null) return _results.Values(given, record, paid, isCached: !known.IsOf(jobId, seq));
            return await AskAsync(seq, record, key, paid, ct);
        }
    }

    private async Task<RecordOutcome> AskAsync(long seq, ShieldedRecord record, byte[] key, Spent paid, CancellationToken ct)
    {
        var before = keepsAnswers ? await model.Answers.FindAsync(tenantId, AnswerKey.OfInvalid(key), ct) : null;
        var last = InvalidAnswer.Of(before?.Answer, jobId);
        var spent = Spent.Later(paid, before?.For(jobId, seq) ?? default);
        if (last?.Asked >= model.Options.MaxReasks) return _results.Without(Outcomes.Failed, "invalid_answer", spent);
        var dialogue = new Dialogue(prompt, record.Text, model.Options.MaxOutputTokens, last);
        while (true)
        {
            var call = await _calls.AskAsync(dialogue.Said, prompt.SchemaFor(record), dialogue.Room, key, dialogue.Asked, KeepAsync, ct);
            spent = SpentWith(call.Spent);
            if (call.Problem is { } problem)
            {
                if (problem == ModelCalls.OverBudget && plan.FailsOverBudget) throw new SyncFailureException(SyncFailure.Permanent("errors.ai.budget"));
                return _results.Without(problem == ModelCalls.OverBudget ? Outcomes.OverBudget : Outcomes.Failed, problem, spent);
            }

            var (reply, answer) = (call.Reply!, default(JsonElement));
            (byte[]? Key, PaidAnswer? Answer) kept = default;
            try
            {
                var fault = reply.IsCut ? "the answer was cut off because it is too long; be shorter" : _check.Fault(reply.Text, record, out answer);
                last = fault is null ? null : dialogue.Judge(jobId, reply.Text, reply.IsCut, fault);
                if (keepsAnswers) kept = (last is null ? key : AnswerKey.OfInvalid(key), new PaidAnswer(last is null ? reply.Text : last.ToJson(), jobId, seq, spent));
            }
            finally
            {
                // It is paid for, whatever comes of looking at it: it is counted, and kept though the job be called off meanwhile.
                await _calls.SettleAsync(call, kept.Key, kept.Answer, CancellationToken.None);
            }

            if (last is null) return _results.Values(answer, record, spent, isCached: false);
            if (last.Asked >= model.Options.MaxReasks) return _results.Without(Outcomes.Failed, "invalid_answer", spent);
            dialogue.Correct(last);
        }

        Spent SpentWith(Spent more) => spent + (more with { Reasks = dialogue.Asked > 0 ? more.Calls : 0 });

        // It is paid for, or may be, and there is no answer to keep it with.
        Task KeepAsync(Spent more) => keepsAnswers
            ? model.Answers.KeepAsync(tenantId, AnswerKey.OfInvalid(key), new PaidAnswer(last?.ToJson() ?? PaidAnswer.NoAnswer, jobId, seq, SpentWith(more)), CancellationToken.None)
            : Task.CompletedTask;
    }
}
