using System.Text;
using System.Text.Json;
using DataSync.Pipeline.Privacy;
using DataSync.Platform.Tenancy;
using DataSync.Refine.Ai.Privacy;
using DataSync.Refine.Ai.Schema;

namespace DataSync.Refine.Ai.Answers;

/// <summary>
/// Forgets the answers that a model gave to records, or reads them, found as a job finds them: by what the model was sent. An answer says something of its record though none of the record's words be in it.
/// </summary>
internal sealed class ForgottenAnswers(AiModel model, TenantDatabase database) : IForgetsRecords
{
    private readonly AiPlanReader _reader = new(model.Options);

    public string Kind => "ai_answers";

    public bool Concerns(JsonElement refinementConfig) => AiPlanReader.IsAskedFor(refinementConfig);

    public async Task<int> CountAsync(ForgottenRecords records, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(records.TenantId, durable: false, ct);
        batch.Add("SELECT count(*)::int FROM ai_answers WHERE tenant_id = $1 AND key = ANY ($2)", records.TenantId, Keys(records).Select(k => k.Key).ToArray());
        await using var row = await batch.ReadAsync(ct);
        await row.ReadAsync(ct);
        return row.GetInt32(0);
    }

    public async Task<string?> ReadAsync(ForgottenRecords records, Func<KeptElsewhere, Task> each, CancellationToken ct)
    {
        var keys = Keys(records).ToLookup(k => Convert.ToHexString(k.Key), k => k.Seq, StringComparer.Ordinal);
        List<(string Key, byte[] Answer)> answers = [];
        await using (var batch = await database.BatchAsync(records.TenantId, durable: false, ct))
        {
            batch.Add("SELECT key, answer::text FROM ai_answers WHERE tenant_id = $1 AND key = ANY ($2) ORDER BY key", records.TenantId, keys.Select(k => Convert.FromHexString(k.Key)).ToArray());
            await using var rows = await batch.ReadAsync(ct);
            while (await rows.ReadAsync(ct)) answers.Add((Convert.ToHexString(rows.GetFieldValue<byte[]>(0)), Encoding.UTF8.GetBytes(rows.GetString(1))));
        }

        foreach (var (key, answer) in answers)
        {
            foreach (var seq in keys[key]) await each(new KeptElsewhere(records.JobId, seq, null, null, [answer]));
        }

        return null;
    }

    public async Task<ForgetOutcome> ForgetAsync(ForgottenRecords records, CancellationToken ct)
        => new(await database.RunAsync(records.TenantId, async transaction =>
        {
            await using var delete = transaction.Command("DELETE FROM ai_answers WHERE tenant_id = $1 AND key = ANY ($2)", records.TenantId, Keys(records).Select(k => k.Key).ToArray());
            return await delete.ExecuteNonQueryAsync(ct);
        }, ct), 0);

    private List<(byte[] Key, long Seq)> Keys(ForgottenRecords records)
    {
        var plan = _reader.Read(records.RefinementConfig);
        var prompt = new AiPrompt(plan);
        List<(byte[] Key, long Seq)> keys = [];
        foreach (var record in records.Records)
        {
            try
            {
                // What is larger is not sent, and what cannot be read has no answer.
                if (record.Document.Length > ShieldedRecord.MostBytes) continue;
                var key = AnswerKey.Of(records.TenantId, plan, prompt, ShieldedRecord.Of(record.Document.Span, plan.Fields).Text);
                keys.AddRange([(key, record.Seq), (AnswerKey.OfInvalid(key), record.Seq)]);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
            }
        }

        return keys;
    }
}
