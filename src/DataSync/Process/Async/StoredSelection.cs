using System.Globalization;
using DataSync.Pipeline.Enriching;

namespace DataSync.Process.Async;

/// <summary>Which of a job's records are read back, and what of each.</summary>
/// <param name="WithSeqs">Also each record's sequence number; without, batches count from 0 past what is missing.</param>
/// <param name="Kinds">What enrichers made, by these kinds.</param>
/// <param name="From">The first sequence number.</param>
/// <param name="Limit">Records at most; null for all.</param>
/// <param name="Earlier">Only those with such a result; null for all.</param>
/// <param name="WithOriginals">Also the original of a record that was refined; without, it may be empty.</param>
internal sealed record StoredSelection(bool WithSeqs, IReadOnlyList<string> Kinds, long From = 0, int? Limit = null, EarlierResult? Earlier = null, bool WithOriginals = true)
{
    /// <summary>The SELECT. A COPY takes no parameters; a Guid's own text, numbers and the names of our own kinds have nothing to escape.</summary>
    public string Sql(Guid jobId)
    {
        var made = string.Concat(Kinds.Select((_, i) => $", e{Name(i)}.result"));
        var joins = string.Concat(Kinds.Select((kind, i) =>
            $" LEFT JOIN public.sync_enrichments e{Name(i)} ON e{Name(i)}.tenant_id = d.tenant_id AND e{Name(i)}.job_id = d.job_id AND e{Name(i)}.kind = '{kind}' AND e{Name(i)}.seq = d.seq"));
        var from = From > 0 ? " AND d.seq >= " + From.ToString(CultureInfo.InvariantCulture) : "";
        if (Earlier is { } earlier)
        {
            joins += $" JOIN public.sync_enrichments c ON c.tenant_id = d.tenant_id AND c.job_id = d.job_id AND c.kind = '{earlier.Kind}' AND c.outcome = '{earlier.Outcome}' AND c.seq = d.seq";
        }

        var limit = Limit is { } most ? " LIMIT " + Name(most) : "";
        var raw = WithOriginals ? "d.raw_data" : "CASE WHEN d.refined_data IS NULL THEN d.raw_data END";
        return $"SELECT {(WithSeqs ? "d.seq, " : "")}{raw}, d.refined_data, d.refined_changes, d.metadata{made} FROM public.sync_data d{joins} WHERE d.job_id = '{jobId:D}'{from} ORDER BY d.seq{limit}";
    }

    private static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);
}
