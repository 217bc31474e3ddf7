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
    public async Task<RecordOutcome> RunAsync(ReadOnlyMemory<byte> document, CancellationToken ct)
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
        if (!keepsAnswers) return await AskAsync(record, key, ct);
        while (true)
        {
            // Looked up in flight: where another asks for the same, its answer is there once it has landed.
            using var flight = await model.Flights.BeginAsync(key, ct);
            if (flight is not null) return await KnownAsync(record, key, ct) ?? await AskAsync(record, key, ct);
        }
    }

    private async Task<RecordOutcome?> KnownAsync(ShieldedRecord record, byte[] key, CancellationToken ct)
        => await model.Answers.FindAsync(tenantId, key, ct) is { } answer && _check.Fault(answer, record, out var given) is null ? _results.Values(given, record, default, isCached: true) : null;

    private async Task<RecordOutcome> AskAsync(ShieldedRecord record, byte[] key, CancellationToken ct)
    {
        var last = keepsAnswers ? InvalidAnswer.Of(await model.Answers.FindAsync(tenantId, AnswerKey.OfInvalid(key), ct), jobId) : null;
        if (last?.Asked >= model.Options.MaxReasks) return _results.Without(Outcomes.Failed, "invalid_answer", default);
        var dialogue = new Dialogue(prompt, record.Text, model.Options.MaxOutputTokens, last);
        for (var spent = default(Spent); ;)
        {
            var call = await _calls.AskAsync(dialogue.Said, prompt.SchemaFor(record), dialogue.Room, key, dialogue.Asked, ct);
            spent += call.Spent with { Reasks = dialogue.Asked > 0 ? call.Spent.Calls : 0 };
            if (call.Problem is { } problem)
            {
                if (problem == ModelCalls.OverBudget && plan.FailsOverBudget) throw new SyncFailureException(SyncFailure.Permanent("errors.ai.budget"));
                return _results.Without(problem == ModelCalls.OverBudget ? Outcomes.OverBudget : Outcomes.Failed, problem, spent);
            }

            var (reply, answer) = (call.Reply!, default(JsonElement));
            (byte[]? Key, string? Text) kept = default;
            try
            {
                var fault = reply.IsCut ? "the answer was cut off because it is too long; be shorter" : _check.Fault(reply.Text, record, out answer);
                last = fault is null ? null : dialogue.Judge(jobId, reply.Text, reply.IsCut, fault);
                if (keepsAnswers) kept = last is null ? (key, reply.Text) : (AnswerKey.OfInvalid(key), last.ToJson());
            }
            finally
            {
                // It is paid for, whatever comes of looking at it: it is counted, and kept though the job be called off meanwhile.
                await _calls.SettleAsync(call, kept.Key, kept.Text, CancellationToken.None);
            }

            if (last is null) return _results.Values(answer, record, spent, isCached: false);
            if (last.Asked >= model.Options.MaxReasks) return _results.Without(Outcomes.Failed, "invalid_answer", spent);
            dialogue.Correct(last);
        }
    }
}
