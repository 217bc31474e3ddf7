using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Refine.Ai.Answers;
using DataSync.Refine.Ai.Provider;
using Microsoft.Extensions.AI;

namespace DataSync.Refine.Ai.Work;

/// <summary>Calls of a model, each within budget and rate, repeated where the provider or the line was the trouble.</summary>
internal sealed class ModelCalls(string tenantId, AiPlan plan, AiModel model)
{
    public const string OverBudget = "over_budget";

    /// <summary>Tries of a call that comes to nothing.</summary>
    private const int MostTries = 4;

    /// <summary>Refusals of a call for being one too many, while others are answered: its record is too large for the provider's limit.</summary>
    private const int MostRefusals = 100;

    private readonly RateGate _gate = model.Gates.Of(plan.Model);

    /// <summary>
    /// Asks until there is an answer or asking is in vain. A call that fails again and again while others are answered is this record's trouble; where none is answered, it is
    /// the provider's, and the job goes on later.
    /// </summary>
    /// <param name="said">What is said.</param>
    /// <param name="schema">The schema of the answer.</param>
    /// <param name="mostTokens">Length of the answer at most.</param>
    /// <param name="key">Names the record's answer.</param>
    /// <param name="asked">Answers before this one.</param>
    /// <param name="keep">Keeps what asking has cost so far, each time that it comes to no answer.</param>
    /// <param name="ct">Calls it off.</param>
    public async Task<Call> AskAsync(IReadOnlyList<ChatMessage> said, JsonElement schema, int mostTokens, byte[] key, int asked, Func<Spent, Task> keep, CancellationToken ct)
    {
        var input = said.Sum(m => TokenEstimate.Of(m.Text)) + TokenEstimate.Of(schema.GetRawText());
        var began = _gate.Now;
        var (spent, refusals) = (default(Spent), 0);
        for (var tries = 1; ;)
        {
            if (await ReserveAsync(input, mostTokens, ct) is not { } reserved) return new Call(null, OverBudget, spent, null);
            var reply = await CallAsync(said, schema, mostTokens, $"{Convert.ToHexStringLower(key)}-{asked}", input, reserved, ct);
            switch (reply)
            {
                case ModelReply.Answered answered:
                    return new Call(answered, null, spent + SpentOn(answered.Used, reserved), reserved);
                case ModelReply.Refused refused:
                    var paid = refused.Used == TokenUse.None ? default : SpentOn(refused.Used, reserved);
                    await model.Answers.SettleAsync(tenantId, reserved, paid.Input, paid.Output, CancellationToken.None);
                    spent += paid;
                    if (paid.Calls > 0) await keep(spent);
                    return new Call(null, refused.Problem, spent, null);
                case ModelReply.Throttled:
                    await model.Answers.SettleAsync(tenantId, reserved, 0, 0, CancellationToken.None);
                    if (++refusals == MostRefusals || _gate.SilentSince(began) > model.Options.ThrottleTime) return InVain("status_429", began, spent);
                    continue;
                case ModelReply.Failed failed:
                    // What may have been worked on may be paid; its estimate stands.
                    if (failed.MayBePaid)
                    {
                        model.Answers.LetStand(tenantId);
                        spent += SpentOn(null, reserved);
                        await keep(spent);
                    }
                    else
                    {
                        await model.Answers.SettleAsync(tenantId, reserved, 0, 0, CancellationToken.None);
                    }

                    if (tries == MostTries) return InVain(failed.Problem, began, spent);
                    await Task.Delay(model.Options.RetryDelay * (1 << (tries - 1)) * (0.75 + (Random.Shared.NextDouble() / 2)), model.Time, ct);
                    tries++;
                    continue;
                default:
                    throw new InvalidOperationException("A call comes to one of four things.");
            }
        }
    }

    /// <summary>Sets the count of an answered call right, and keeps what is known of its answer under the key, where one is given.</summary>
    public Task SettleAsync(Call call, byte[]? key, PaidAnswer? kept, CancellationToken ct)
    {
        var used = SpentOn(call.Reply!.Used, call.Reserved!);
        return model.Answers.SettleAsync(tenantId, call.Reserved!, used.Input, used.Output, key, kept, ct);
    }

    /// <summary>What a call took; its estimate where the provider does not tell, or a budget would never be used up.</summary>
    private static Spent SpentOn(TokenUse? told, Reservation reserved)
        => told is { } used ? new Spent(1, 0, used.Input, used.Output, 0) : new Spent(1, 0, reserved.Input, reserved.Output, 1);

    /// <summary>While others are answered it is the record's trouble; else the provider's, for the whole job.</summary>
    private Call InVain(string problem, TimeSpan began, Spent spent)
        => _gate.LastAnswer > began ? new Call(null, problem, spent, null) : throw new SyncFailureException(SyncFailure.Transient("errors.ai.unavailable", ("reason", problem)));

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

    private async Task<ModelReply> CallAsync(IReadOnlyList<ChatMessage> said, JsonElement schema, int mostTokens, string key, long input, Reservation reserved, CancellationToken ct)
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
            return await model.Client.AskAsync(plan.Model, said, schema, mostTokens, key, _gate, pass, ct);
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
    /// <param name="Spent">What was paid, or may have been.</param>
    /// <param name="Reserved">What is to be set right, where there is an answer.</param>
    internal sealed record Call(ModelReply.Answered? Reply, string? Problem, Spent Spent, Reservation? Reserved);
}
