using System.Text;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Enriching;
using Npgsql;
using NpgsqlTypes;

namespace DataSync.Process.Async.Enriching;

/// <summary>Collects what enrichers made and writes it in one statement. COPY is refused under row-level security, and no model or annotator works at COPY's speed.</summary>
internal sealed class EnrichedRows
{
    private const int MostOutcome = 20;
    private const int MostProblem = 500;
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private readonly List<Row> _rows = [];

    /// <summary>Adds what one kind made.</summary>
    public void Add(string kind, IReadOnlyList<EnrichedRecord> results)
    {
        foreach (var result in results) _rows.Add(Row.Of(kind, result.Seq, result.Result.Span));
    }

    /// <summary>Adds what the batch's kept records have.</summary>
    public void Add(RecordBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.IsKept(i) && batch.Enriched![i] is { Length: > 0 } document) Add(batch.SeqOf(i), document);
        }
    }

    /// <summary>Writes them in the connection's open transaction; returns how many were not there already.</summary>
    public async Task<int> FlushAsync(NpgsqlConnection connection, SyncRun run, CancellationToken ct)
    {
        if (_rows.Count == 0) return 0;
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO public.sync_enrichments (tenant_id, job_id, kind, seq, outcome, problem, result)
            SELECT $1, $2, r.kind, r.seq, r.outcome, r.problem, r.result::json
            FROM unnest($3, $4, $5, $6, $7) AS r (kind, seq, outcome, problem, result)
            ON CONFLICT (tenant_id, job_id, kind, seq) DO NOTHING
            """,
            connection);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.TenantId });
        insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = run.JobId });
        insert.Parameters.Add(Texts(r => r.Kind));
        insert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. _rows.Select(r => r.Seq)] });
        insert.Parameters.Add(Texts(r => r.Outcome));
        insert.Parameters.Add(Texts(r => r.Problem));
        insert.Parameters.Add(Texts(r => r.Result));
        var written = await insert.ExecuteNonQueryAsync(ct);
        _rows.Clear();
        return written;
    }

    private void Add(long seq, ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document, isFinalBlock: true, new JsonReaderState(AnyDepth));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var kind = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            _rows.Add(Row.Of(kind, seq, document[start..(int)reader.BytesConsumed]));
        }
    }

    private NpgsqlParameter<string?[]> Texts(Func<Row, string?> part)
        => new() { TypedValue = [.. _rows.Select(part)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private readonly record struct Row(string Kind, long Seq, string Outcome, string? Problem, string Result)
    {
        /// <summary>The outcome and the problem are members of the result itself.</summary>
        public static Row Of(string kind, long seq, ReadOnlySpan<byte> result)
        {
            var (outcome, problem) = ("", (string?)null);
            var reader = new Utf8JsonReader(result, isFinalBlock: true, new JsonReaderState(AnyDepth));
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isOutcome, isProblem) = (reader.ValueTextEquals("outcome"u8), reader.ValueTextEquals("problem"u8));
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && isOutcome) outcome = reader.GetString()!;
                if (reader.TokenType == JsonTokenType.String && isProblem) problem = reader.GetString()!;
                reader.Skip();
            }

            if (outcome.Length is 0 or > MostOutcome) throw new InvalidOperationException($"A result of {kind} has no outcome.");

            // PostgreSQL's text cannot hold NUL.
            return new Row(kind, seq, outcome, Shortened(problem)?.Replace('\0', '\u2400'), Encoding.UTF8.GetString(result));
        }

        private static string? Shortened(string? text) => text?.Length > MostProblem ? text[..(char.IsHighSurrogate(text[MostProblem - 1]) ? MostProblem - 1 : MostProblem)] : text;
    }
}
