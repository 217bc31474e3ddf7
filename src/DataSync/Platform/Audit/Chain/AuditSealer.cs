using System.Buffers;
using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>
/// Puts the entries that wait into their tenants' chains, in the order of their numbers. One process at a time, whichever has the lock; whoever writes an entry
/// never waits for it. Reading what waits, adding it to the chain and removing it there are one commit.
/// </summary>
internal sealed class AuditSealer(DataSources sources)
{
    /// <summary>Entries in one transaction at most.</summary>
    public const int Most = 2000;

    private const long Lock = 0x6461_7461_6175_6469;

    /// <summary>A sealer that stands still (a paused process) loses its lock: the server ends its session.</summary>
    private const string Begin = "SELECT set_config('idle_in_transaction_session_timeout', '10s', true) IS NOT NULL AND pg_try_advisory_xact_lock($1)";

    private const string Waiting = $"SELECT {AuditFields.Columns}, id FROM audit_pending ORDER BY tenant_id, id LIMIT $1";

    private const string Add = $"""
        INSERT INTO audit_log ({AuditFields.Columns}, sequence, previous, hash)
        SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[], $14::bigint[], $15::bytea[], $16::bytea[])
        """;

    private const string Remove = "DELETE FROM audit_pending p USING unnest($1::text[], $2::bigint[]) s(tenant_id, id) WHERE p.tenant_id = s.tenant_id AND p.id = s.id";

    /// <summary>Chains up to <see cref="Most"/> entries; returns the heads it moved and how many it chained, none also where another process is at it.</summary>
    public async Task<(IReadOnlyList<AuditHead> Heads, int Chained)> SealAsync(CancellationToken ct)
    {
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var begin = Command(connection, Begin, Lock))
        {
            if (await begin.ExecuteScalarAsync(ct) is not true) return ([], 0);
        }

        var waiting = await WaitingAsync(connection, ct);
        if (waiting.Count == 0) return ([], 0);
        var heads = await AuditHeads.OfAsync(connection, [.. waiting.Select(e => e.TenantId).Distinct(StringComparer.Ordinal)], ct);
        var chained = Chain(waiting, heads);
        await using (var add = Command(connection, Add, Values(chained))) await add.ExecuteNonQueryAsync(ct);
        await using (var remove = Command(connection, Remove, waiting.Select(e => e.TenantId).ToArray(), waiting.Select(e => e.Id).ToArray()))
        {
            // What is not removed would be chained twice.
            if (await remove.ExecuteNonQueryAsync(ct) != waiting.Count) throw new InvalidOperationException("Entries of the audit log that were being chained are gone.");
        }

        await transaction.CommitAsync(ct);
        return ([.. heads.Values], waiting.Count);
    }

    /// <summary>Whether there is anything to do; asked often, and answered by the index.</summary>
    public async Task<bool> IsWaitingAsync(CancellationToken ct)
    {
        await using var ask = sources.System.CreateCommand("SELECT EXISTS (SELECT 1 FROM audit_pending)");
        return await ask.ExecuteScalarAsync(ct) is true;
    }

    private static List<ChainedAuditEntry> Chain(List<PendingAuditEntry> waiting, Dictionary<string, AuditHead> heads)
    {
        List<ChainedAuditEntry> chained = new(waiting.Count);
        var buffer = new ArrayBufferWriter<byte>(1024);
        foreach (var e in waiting)
        {
            var head = heads.TryGetValue(e.TenantId, out var last) ? last : AuditHead.Empty(e.TenantId);
            var entry = new ChainedAuditEntry
            {
                TenantId = e.TenantId,
                Time = e.Time,
                ActorKind = e.ActorKind,
                Actor = e.Actor,
                Client = e.Client,
                Action = e.Action,
                TargetKind = e.TargetKind,
                Target = e.Target,
                Outcome = e.Outcome,
                CorrelationId = e.CorrelationId,
                Details = e.Details,
                Salt = e.Salt,
                Digest = e.Digest ?? AuditHash.OfWords(e, buffer),
                Sequence = head.Sequence + 1,
                Previous = head.Hash,
            };
            entry.Hash = AuditHash.Of(entry, entry.Sequence, entry.Previous, buffer);
            heads[e.TenantId] = new AuditHead(e.TenantId, entry.Sequence, entry.Hash);
            chained.Add(entry);
        }

        return chained;
    }

    private static async Task<List<PendingAuditEntry>> WaitingAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        List<PendingAuditEntry> waiting = [];
        await using var read = Command(connection, Waiting, Most);
        await using var rows = await read.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            var entry = AuditFields.Read<PendingAuditEntry>(rows);
            entry.Id = rows.GetInt64(AuditFields.Count);
            waiting.Add(entry);
        }

        return waiting;
    }

    private static object[] Values(List<ChainedAuditEntry> chained)
    {
        return
        [
            Each(e => e.TenantId), Each(e => e.Time), Each(e => e.ActorKind), Each(e => e.Actor!), Each(e => e.Client!), Each(e => e.Action), Each(e => e.TargetKind), Each(e => e.Target!),
            Each(e => e.Outcome), Each(e => e.CorrelationId), Each(e => e.Details!), Each(e => e.Salt!), Each(e => e.Digest!), Each(e => e.Sequence), Each(e => e.Previous), Each(e => e.Hash),
        ];

        T[] Each<T>(Func<ChainedAuditEntry, T> of) => [.. chained.Select(of)];
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
