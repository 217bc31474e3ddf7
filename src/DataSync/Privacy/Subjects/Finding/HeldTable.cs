using System.Buffers;
using System.Data.Common;
using System.Text;
using DataSync.Pipeline.Documents;

namespace DataSync.Privacy.Subjects.Finding;

/// <summary>A table whose rows are about one record of a job each.</summary>
/// <param name="Kind">What a receipt calls its rows.</param>
/// <param name="Name">The table.</param>
/// <param name="Part">The column that tells apart several rows of one record; an empty text for a table without.</param>
/// <param name="Source">What gives the record's source.</param>
/// <param name="Columns">The columns that hold what came from a record, the document first.</param>
internal sealed record HeldTable(string Kind, string Name, string Part, string Source, IReadOnlyList<string> Columns)
{
    private const string RefinedChanges = "refined_changes";
    private const string JobsSource = "(SELECT j.source_id FROM sync_jobs j WHERE j.tenant_id = $1 AND j.id = h.job_id)";

    public static readonly HeldTable Records = new("records", "sync_data", "''", "h.source_id", ["raw_data", "refined_data", RefinedChanges, "metadata"]);
    public static readonly HeldTable Rejections = new("rejections", "sync_rejections", "''", JobsSource, ["original", "correction", "message", "field"]);
    public static readonly HeldTable Enrichments = new("enrichments", "sync_enrichments", "h.kind", JobsSource, ["result", "problem"]);

    public static readonly IReadOnlyList<HeldTable> All = [Records, Rejections, Enrichments];

    /// <summary>A column of a row as it is looked through and given out; null where it is empty.</summary>
    /// <param name="rows">The table's columns from <paramref name="first"/> on.</param>
    /// <param name="first">Where they begin.</param>
    /// <param name="column">Which of them.</param>
    public (string Name, byte[] Document)? Read(DbDataReader rows, int first, int column)
    {
        if (rows.IsDBNull(first + column)) return null;
        var document = Encoding.UTF8.GetBytes(rows.GetString(first + column));
        if (Columns[column] != RefinedChanges) return (Columns[column], document);
        try
        {
            // Alone it tells places in the original; it stands for the refined document.
            var refined = new ArrayBufferWriter<byte>();
            DocumentChanges.Apply(Encoding.UTF8.GetBytes(rows.GetString(first)), document, refined);
            return ("refined_data", refined.WrittenSpan.ToArray());
        }
        catch (InvalidDataException)
        {
            return (RefinedChanges, document);
        }
    }

    /// <summary>The rows of a stretch that may be about a subject. Parameters: tenant, the stretch's four ends, the value, and what may hide it.</summary>
    public string Candidates { get; } =
        $"""
        SELECT h.job_id, h.seq, {Part}::text, {Source}, {string.Join(", ", Columns.Select(c => $"h.{c}::text"))} FROM {Name} h
        WHERE h.tenant_id = $1 AND h.job_id > $2 AND h.job_id <= $3 AND h.seq >= $4 AND h.seq < $5
            AND ({string.Join(" OR ", Columns.Select(c => $"strpos(h.{c}::text, $6) > 0 OR strpos(h.{c}::text, $7) > 0"))})
        """;
}

/// <summary>A row that is about a subject.</summary>
internal readonly record struct HeldRow(Guid JobId, long Seq, string Part);
