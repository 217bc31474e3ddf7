using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Provider;
using DataSync.Refine.Ai.Schema;
using Microsoft.Extensions.AI;

namespace DataSync.Refine.Ai.Work;

/// <summary>Calls of a model, each within budget and rate, repeated where the provider or the line was the trouble.</summary>
internal sealed class ModelCalls(string tenantId, AiPlan plan, AiPrompt prompt, AiModel model)
{
    public const string OverBudget = "over_budget";

    /// <summary>Tries of a call that comes to nothing.</summary>
    private const int MostTries = 4;

    /// <summary>A token is hardly ever less than three bytes of what is sent, so this counts from above.</summary>
    private const int BytesPerToken = 3;

    private readonly RateGate _gate = model.Gates.Of(plan.Model);

    /// <summary>
    /// Asks until there is an answer or asking is in vain. A call that fails again and again while others are answered is this record's trouble; where none is answered, it is
    /// the provider's, and the job goes on later.
    /// </summary>
    public async Task<Call> AskAsync(IReadOnlyList<ChatMessage> said, int mostTokens, byte[] key, int asked, CancellationToken ct)
    {
        var input = (said.Sum(m => (long)System.Text.Encoding.UTF8.GetByteCount(m.Text)) + prompt.SchemaText.Length) / BytesPerToken;
        var began = _gate.Now;
        var spent = default(Spent);
        for (var tries = 1; ;)
        {
            if (await ReserveAsync(input, mostTokens, ct) is not { } reserved) return new Call(null, OverBudget, spent, null);
            var reply = await CallAsync(said, mostTokens, $"{Convert.ToHexStringLower(key)}-{asked}", input, reserved, ct);
            switch (reply)
            {
                case ModelReply.Answered answered:
                    return new Call(answered, null, spent + new Spent(1, 0, answered.InputTokens, answered.OutputTokens), reserved);
                case ModelReply.Refused refused:
                    await model.Answers.SettleAsync(tenantId, reserved, refused.InputTokens, refused.OutputTokens, CancellationToken.None);
                    return new Call(null, refused.Problem, spent + new Spent(refused.InputTokens > 0 ? 1 : 0, 0, refused.InputTokens, refused.OutputTokens), null);
                case ModelReply.Throttled:
                    await model.Answers.SettleAsync(tenantId, reserved, 0, 0, CancellationToken.None);
                    continue;
                case ModelReply.Failed failed:
                    // A call that ran into its time may have been worked on, and paid; its estimate stands.
                    if (failed.Problem == "timeout") model.Answers.LetStand(tenantId);
                    else await model.Answers.SettleAsync(tenantId, reserved, 0, 0, CancellationToken.None);
                    if (tries == MostTries)
                        return _gate.LastAnswer > began ? new Call(null, failed.Problem, spent, null) : throw new SyncFailureException(SyncFailure.Transient("errors.ai.unavailable", ("reason", failed.Problem)));
                    await Task.Delay(model.Options.RetryDelay * (1 << (tries - 1)) * (0.75 + (Random.Shared.NextDouble() / 2)), model.Time, ct);
                    tries++;
                    continue;
                default:
                    throw new InvalidOperationException("A call comes to one of four things.");
            }
        }
    }

    /// <summary>Sets the count of an answered call right, and keeps its answer under the key, where one is given.</summary>
    public Task SettleAsync(Call call, byte[]? key, CancellationToken ct)
        => model.Answers.SettleAsync(tenantId, call.Reserved!, call.Reply!.InputTokens, call.Reply.OutputTokens, key, call.Reply.Text, ct);

    /// <summary>Null where the budget does not reach, and will not when the calls that are out have told what they took.</summary>
    private async Task<Reservation?> ReserveAsync(long input, long output, CancellationToken ct)
    {
        while (true)
        {
            var isOut = model.Answers.Outstanding.TryNext(tenantId, out var settled);
            if (await model.Answers.ReserveAsync(tenantId, input, output, ct) is { } reserved) return reserved;
            if (!isOut) return null;
            await settled!.WaitAsync(ct);
        }
    }

    private async Task<ModelReply> CallAsync(IReadOnlyList<ChatMessage> said, int mostTokens, string key, long input, Reservation reserved, CancellationToken ct)
    {
        RateGate.Pass pass;
        try
        {
            pass = await _gate.EnterAsync(input + mostTokens, ct);
        }
        catch
        {
            // It never went out.
            await model.Answers.SettleAsync(tenantId, reserved, 0, 0, CancellationToken.None);
            throw;
        }

        try
        {
            return await model.Client.AskAsync(plan.Model, said, prompt.Schema, mostTokens, key, _gate, pass, ct);
        }
        catch (SyncFailureException)
        {
            await model.Answers.SettleAsync(tenantId, reserved, 0, 0, CancellationToken.None);
            throw;
        }
        catch
        {
            // Called off while it was out: it may be paid all the same.
            model.Answers.LetStand(tenantId);
            throw;
        }
        finally
        {
            _gate.Leave();
        }
    }

    /// <summary>What came of asking.</summary>
    /// <param name="Reply">The answer, or null.</param>
    /// <param name="Problem">Why there is none.</param>
    /// <param name="Spent">What was paid.</param>
    /// <param name="Reserved">What is to be set right, where there is an answer.</param>
    internal sealed record Call(ModelReply.Answered? Reply, string? Problem, Spent Spent, Reservation? Reserved);
}
