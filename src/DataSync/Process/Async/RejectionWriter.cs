using System.Text;
using DataSync.Pipeline;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Process.Async;

/// <summary>Collects a commit's refused records and writes them into quarantine in one statement.</summary>
internal sealed class RejectionWriter : IDisposable
{
    private readonly List<(long Seq, Rejection Why)> _refused = [];
    private readonly RecordBuffer _originals = new();

    /// <summary>Copies a batch's refused records; returns how many.</summary>
    public int Add(RecordBatch batch)
    {
        if (batch.RejectedCount == 0) return 0;
        var before = _refused.Count;
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.IsAside(i) || !batch.TryGetRejection(i, out var why)) continue;
            _refused.Add((batch.SeqOf(i), why));
            _originals.Add(batch.Raw[i]);
        }

        return _refused.Count - before;
    }

    /// <summary>Writes them in the connection's open transaction. COPY is refused under row-level security, and refused records should be few.</summary>
    public async Task FlushAsync(NpgsqlConnection connection, SyncRun run, CancellationToken ct)
    {
        if (_refused.Count == 0) return;
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO public.sync_rejections (tenant_id, job_id, seq, rule_id, code, message, field, original)
            SELECT $1, $2, r.seq, r.rule_id, r.code, r.message, r.field, r.original::json
            FROM unnest($3, $4, $5, $6, $7, $8) AS r (seq, rule_id, code, message, field, original)
            """,
            connection);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.TenantId });
        insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = run.JobId });
        insert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. _refused.Select(r => r.Seq)] });
        insert.Parameters.Add(Texts(r => r.RuleId));
        insert.Parameters.Add(Texts(r => r.Code));
        insert.Parameters.Add(Texts(r => r.Message));
        insert.Parameters.Add(Texts(r => r.Field));
        var originals = new string[_originals.Count];
        for (var i = 0; i < originals.Length; i++) originals[i] = Encoding.UTF8.GetString(_originals[i]);
        insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = originals, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await insert.ExecuteNonQueryAsync(ct);
        _refused.Clear();
        _originals.Clear();
    }

    public void Dispose() => _originals.Dispose();

    /// <summary>PostgreSQL's text cannot hold NUL; a name that does is shown with the symbol for it.</summary>
    private NpgsqlParameter<string?[]> Texts(Func<Rejection, string?> part)
        => new() { TypedValue = [.. _refused.Select(r => part(r.Why)?.Replace('\0', '\u2400'))], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
