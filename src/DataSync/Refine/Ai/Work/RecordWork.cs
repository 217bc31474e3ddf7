using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;
using Microsoft.Extensions.AI;

namespace DataSync.Refine.Ai.Work;

/// <summary>One record after the other, many at once: hidden, looked up, asked for, checked, asked again with what was wrong, and brought back.</summary>
internal sealed class RecordWork(string tenantId, AiPlan plan, AiPrompt prompt, AiModel model, bool keepsAnswers)
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
        var mark = AiPrompt.NewMark();
        List<ChatMessage> said = [new(ChatRole.System, prompt.System(mark)), new(ChatRole.User, AiPrompt.User(record.Text, mark))];
        var (spent, most) = (default(Spent), model.Options.MaxOutputTokens);
        for (var asked = 0; ; asked++)
        {
            var call = await _calls.AskAsync(said, prompt.SchemaFor(record), most, key, asked, ct);
            spent += call.Spent with { Reasks = asked > 0 ? call.Spent.Calls : 0 };
            if (call.Problem is { } problem)
            {
                if (problem == ModelCalls.OverBudget && plan.FailsOverBudget) throw new SyncFailureException(SyncFailure.Permanent("errors.ai.budget"));
                return _results.Without(problem == ModelCalls.OverBudget ? Outcomes.OverBudget : Outcomes.Failed, problem, spent);
            }

            var reply = call.Reply!;
            JsonElement answer = default;
            var fault = "";
            try
            {
                fault = reply.IsCut ? "the answer was cut off because it is too long; be shorter" : _check.Fault(reply.Text, record, out answer);
            }
            finally
            {
                // It is paid for, whatever comes of looking at it: it is counted, and kept though the job be called off meanwhile.
                await _calls.SettleAsync(call, fault is null && keepsAnswers ? key : null, CancellationToken.None);
            }

            if (fault is null) return _results.Values(answer, record, spent, isCached: false);
            if (asked == model.Options.MaxReasks) return _results.Without(Outcomes.Failed, "invalid_answer", spent);
            if (reply.IsCut) most = Math.Min(most * 2, 32_000);

            // What was answered and why it does not do. An empty answer says nothing.
            if (asked > 0) said.RemoveRange(2, said.Count - 2);
            if (reply.Text.Length > 0 && !reply.IsCut) said.Add(new ChatMessage(ChatRole.Assistant, reply.Text));
            said.Add(new ChatMessage(ChatRole.User, $"Your answer is not valid: {fault}. Give the whole answer again, for the same record."));
        }
    }
}
