using System.Data;
using DataSync.Platform.Persistence;
using Npgsql;

namespace DataSync.Platform.Audit.Chain;

/// <summary>Verifies every tenant's chain against its entries and the anchors.</summary>
internal sealed class AuditVerifier(DataSources sources, AuditAnchors anchors)
{
    /// <summary>Entries wait a second or two; longer than this, nobody chains them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Anchors in memory at once, of several tenants together; those of one tenant are, however many they are.</summary>
    private const int AtOnce = 200_000;

    /// <summary>Goes along all chains; <paramref name="told"/> gets the first fault of each that has one.</summary>
    public async Task<AuditReport> VerifyAsync(Func<AuditFault, Task> told, CancellationToken ct)
    {
        // Anchors first: whatever they name was committed before the snapshot is taken.
        var (known, beginnings) = (await anchors.MeasureAsync(ct), await anchors.BeginningsAsync(ct));
        await using var connection = await sources.System.OpenConnectionAsync(ct);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var report = new AuditReport { Anchors = known.Count };
        foreach (var portion in Portions((await AuditHeads.TenantsAsync(connection, ct)).Union(known.Keys, StringComparer.Ordinal), known))
        {
            var heads = await anchors.OfAsync(portion.Where(known.ContainsKey).ToDictionary(t => t, t => known[t].Furthest, StringComparer.Ordinal), ct);
            foreach (var tenant in portion)
            {
                var (fault, whole, erased) = await AuditChain.VerifyAsync(connection, tenant, heads.GetValueOrDefault(tenant) ?? [], [.. beginnings[tenant]], ct);
                report = report with { Tenants = report.Tenants + 1, Entries = report.Entries + whole, Erased = report.Erased + erased, Broken = report.Broken + (fault is null ? 0 : 1) };
                if (fault is not null) await told(fault);
            }
        }

        await using var late = new NpgsqlCommand("SELECT count(*) FROM audit_pending WHERE time < now() - $1", connection) { Parameters = { new NpgsqlParameter<TimeSpan> { TypedValue = Patience } } };
        return report with { Late = (long)(await late.ExecuteScalarAsync(ct))! };
    }

    /// <summary>Tenants in such groups that the files of anchors are read once for each and not once for each tenant.</summary>
    private static IEnumerable<List<string>> Portions(IEnumerable<string> tenants, IReadOnlyDictionary<string, (long Furthest, int Heads)> known)
    {
        var (portion, sum) = (new List<string>(), 0L);
        foreach (var tenant in tenants)
        {
            var heads = known.GetValueOrDefault(tenant).Heads;
            if (portion.Count > 0 && sum + heads > AtOnce)
            {
                yield return portion;
                (portion, sum) = ([], 0);
            }

            portion.Add(tenant);
            sum += heads;
        }

        if (portion.Count > 0) yield return portion;
    }
}

/// <summary>What a verification found.</summary>
internal sealed record AuditReport
{
    /// <summary>Chains gone along.</summary>
    public int Tenants { get; init; }

    /// <summary>Of them, those with a fault.</summary>
    public int Broken { get; init; }

    /// <summary>Entries that were whole.</summary>
    public long Entries { get; init; }

    /// <summary>Of them, those whose words were erased.</summary>
    public long Erased { get; init; }

    /// <summary>Chains of which an anchor is known.</summary>
    public int Anchors { get; init; }

    /// <summary>Entries that have waited to be chained for more than a minute: no process is running, or it says in its log why it cannot.</summary>
    public long Late { get; init; }
}
