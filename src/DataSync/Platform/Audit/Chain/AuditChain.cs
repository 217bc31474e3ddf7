using System.Buffers;
using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>Goes along one tenant's chain, an entry at a time: whether each is what was hashed, follows the one before, and is the one that each anchor of its number names.</summary>
internal static class AuditChain
{
    /// <summary>The action of an entry that tells that the words of those before it were erased; see <c>erase_audit_entries</c>.</summary>
    public const string Erasing = "audit.erase";

    private const string Entries = $"SELECT {AuditFields.Columns}, sequence, previous, hash FROM audit_log WHERE tenant_id = $1 ORDER BY sequence";
    private const string Announced = "SELECT EXISTS (SELECT 1 FROM audit_pending WHERE tenant_id = $1 AND action = $2)";

    /// <summary>The first fault, or null, how many entries were whole, and how many of them without their words.</summary>
    /// <param name="connection">One that sees the tenant's entries.</param>
    /// <param name="tenantId">Whose chain.</param>
    /// <param name="anchors">Every head that is known from outside the database, in any order.</param>
    /// <param name="beginnings">Behind which entries it may begin: where it was shortened, as is known from outside the database.</param>
    /// <param name="ct">Ends the reading.</param>
    public static async Task<(AuditFault? Fault, long Whole, long Erased)> VerifyAsync(
        NpgsqlConnection connection, string tenantId, IReadOnlyCollection<AuditHead> anchors, IReadOnlyCollection<AuditHead> beginnings, CancellationToken ct)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var witness = new AuditWitness(anchors);
        var head = AuditHead.Empty(tenantId);
        var (whole, erased, unsaid) = (0L, 0L, 0L);
        await using (var read = new NpgsqlCommand(Entries, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId } } })
        await using (var rows = await read.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct))
            {
                var entry = AuditFields.Read<ChainedAuditEntry>(rows);
                entry.Sequence = rows.GetInt64(AuditFields.Count);
                entry.Previous = rows.GetFieldValue<byte[]>(AuditFields.Count + 1);
                entry.Hash = rows.GetFieldValue<byte[]>(AuditFields.Count + 2);
                if (whole == 0)
                {
                    if (beginnings.FirstOrDefault(b => b.Sequence == entry.Sequence - 1) is { } beginning) head = beginning;
                    if (FaultBefore(entry, head, witness) is { } early) return (early, whole, erased);
                }

                if (Fault(entry, head, witness, buffer) is { } fault) return (fault, whole, erased);
                head = new AuditHead(tenantId, entry.Sequence, entry.Hash);
                whole++;
                if (string.Equals(entry.Action, Erasing, StringComparison.Ordinal)) unsaid = 0;
                if (entry.Salt is not null) continue;
                erased++;
                if (unsaid == 0) unsaid = entry.Sequence;
            }
        }

        if (witness.Furthest > head.Sequence) return (new AuditFault(tenantId, AuditFaultKind.Truncated, head.Sequence + 1), whole, erased);
        return (unsaid > 0 && !await IsAnnouncedAsync(connection, tenantId, ct) ? new AuditFault(tenantId, AuditFaultKind.Erased, unsaid) : null, whole, erased);
    }

    /// <summary>What anchors say of entries that are no longer there, and of the last of them, which the chain's first entry still names.</summary>
    private static AuditFault? FaultBefore(ChainedAuditEntry first, AuditHead beginning, AuditWitness witness)
    {
        if (witness.Torn is { } torn && torn < first.Sequence) return new AuditFault(first.TenantId, AuditFaultKind.Rewritten, torn);
        return beginning.Sequence > 0 && !witness.Agrees(beginning) ? new AuditFault(first.TenantId, AuditFaultKind.Rewritten, beginning.Sequence) : null;
    }

    private static AuditFault? Fault(ChainedAuditEntry entry, AuditHead before, AuditWitness witness, ArrayBufferWriter<byte> buffer)
    {
        AuditFaultKind? kind = null;
        if (entry.Sequence > before.Sequence + 1) return new AuditFault(entry.TenantId, AuditFaultKind.Missing, before.Sequence + 1);
        if (entry.Sequence <= before.Sequence) kind = AuditFaultKind.Repeated;
        else if (!HasItsWords(entry, buffer) || !AuditHash.Of(entry, entry.Sequence, entry.Previous, buffer).AsSpan().SequenceEqual(entry.Hash)) kind = AuditFaultKind.Altered;
        else if (!before.Hash.AsSpan().SequenceEqual(entry.Previous)) kind = AuditFaultKind.Unlinked;
        else if (!witness.Agrees(new AuditHead(entry.TenantId, entry.Sequence, entry.Hash))) kind = AuditFaultKind.Rewritten;
        return kind is { } found ? new AuditFault(entry.TenantId, found, entry.Sequence) : null;
    }

    /// <summary>Those that were hashed, or, with their salt, none at all.</summary>
    private static bool HasItsWords(ChainedAuditEntry entry, ArrayBufferWriter<byte> buffer) => entry.Salt is null
        ? entry is { Actor: null, Client: null, Target: null, Details: null }
        : AuditHash.OfWords(entry, buffer).AsSpan().SequenceEqual(entry.Digest);

    /// <summary>Whether the entry that tells of an erasure waits to be chained, as it does for a second.</summary>
    private static async Task<bool> IsAnnouncedAsync(NpgsqlConnection connection, string tenantId, CancellationToken ct)
    {
        await using var ask = new NpgsqlCommand(Announced, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = tenantId }, new NpgsqlParameter<string> { TypedValue = Erasing } } };
        return await ask.ExecuteScalarAsync(ct) is true;
    }
}
