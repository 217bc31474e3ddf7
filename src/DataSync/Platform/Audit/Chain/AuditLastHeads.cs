using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>The last head of each chain that any process wrote outside the database, and whether the chain still holds it. For one reader at a time.</summary>
internal sealed class AuditLastHeads(AuditAnchors anchors, DataSources sources)
{
    /// <summary>Days whose files a process that begins looks through for a chain's last head. Whoever runs longer knows it, and writes each that has moved.</summary>
    private const int Back = 31;

    /// <summary>Of the heads given, those that are no entries, each with where its chain begins.</summary>
    private const string Absent = """
        SELECT k.tenant_id, b.sequence, b.previous FROM unnest($1::text[], $2::bigint[], $3::bytea[]) k(tenant_id, sequence, hash)
        LEFT JOIN LATERAL (SELECT l.sequence, l.previous FROM audit_log l WHERE l.tenant_id = k.tenant_id ORDER BY l.sequence LIMIT 1) b ON true
        WHERE NOT EXISTS (SELECT 1 FROM audit_log l WHERE l.tenant_id = k.tenant_id AND l.sequence = k.sequence AND l.hash = k.hash)
        """;

    private readonly Dictionary<string, AuditHead> _known = new(StringComparer.Ordinal);

    /// <summary>How far each file was read; of older days nothing is new.</summary>
    private readonly Dictionary<string, long> _read = new(StringComparer.Ordinal);
    private DateOnly? _from;

    /// <summary>Null where none was found.</summary>
    public AuditHead? Of(string tenantId) => _known.GetValueOrDefault(tenantId);

    /// <summary>A head that this process has written.</summary>
    public void Written(AuditHead head) => _known[head.TenantId] = head;

    /// <summary>Reads what processes have written since; at first, from the newest day back until a head of each of <paramref name="tenants"/> is found.</summary>
    public async Task RefreshAsync(IReadOnlyCollection<string> tenants, CancellationToken ct)
    {
        if (tenants.Count == 0) return;
        var days = anchors.Days().Where(d => _from is not { } since || d.Day >= since).Reverse().ToList();
        foreach (var (day, path) in days.Take(Back))
        {
            if (_from is null && tenants.All(_known.ContainsKey)) break;
            var length = new FileInfo(path).Length;
            await AuditAnchors.FurthestAsync(path, _read.GetValueOrDefault(path), _known, ct);
            _read[path] = length;
        }

        // A process whose clock is behind may still write to the day before.
        if (days.Count > 0) _from = days[0].Day.AddDays(-1);
    }

    /// <summary>Those last heads, by tenant, that are no longer in their chains, though no beginning says that they had their time.</summary>
    /// <param name="moved">Where chains end now; what was written last itself is not asked for again.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<IReadOnlyDictionary<string, AuditHead>> LostAsync(IEnumerable<AuditHead> moved, CancellationToken ct)
    {
        Dictionary<string, AuditHead> lost = new(StringComparer.Ordinal);
        AuditHead[] asked = [.. moved.Where(h => Of(h.TenantId) is { } last && (last.Sequence != h.Sequence || !last.Hash.AsSpan().SequenceEqual(h.Hash))).Select(h => Of(h.TenantId)!)];
        if (asked.Length == 0) return lost;
        List<(AuditHead Last, long First, byte[] Previous)> absent = [];
        await using (var ask = sources.System.CreateCommand(Absent))
        {
            ask.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. asked.Select(h => h.TenantId)] });
            ask.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. asked.Select(h => h.Sequence)] });
            ask.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. asked.Select(h => h.Hash)] });
            await using var rows = await ask.ExecuteReaderAsync(ct);
            while (await rows.ReadAsync(ct)) absent.Add((Of(rows.GetString(0))!, rows.IsDBNull(1) ? 0 : rows.GetInt64(1), rows.IsDBNull(2) ? [] : rows.GetFieldValue<byte[]>(2)));
        }

        if (absent.Count == 0) return lost;
        var beginnings = await anchors.BeginningsAsync(ct);
        foreach (var (last, first, previous) in absent)
        {
            if (!beginnings[last.TenantId].Any(b => b.Sequence >= last.Sequence && b.Sequence == first - 1 && b.Hash.AsSpan().SequenceEqual(previous))) lost[last.TenantId] = last;
        }

        return lost;
    }
}
