using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Access;

/// <summary>
/// Writes what is stored of a subject as lines of JSON: where it is kept, and the document byte for byte where it is JSON, else in base64. Nothing is sent while a connection to the database is held: who reads slowly holds none.
/// </summary>
internal sealed class SubjectWriter(TenantDatabase database, Stream target)
{
    private static readonly JsonWriterOptions Exact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Bytes of lines that are sent together, more or less.</summary>
    private const int ManyBytes = 1024 * 1024;
    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>Lines written.</summary>
    public long Lines { get; private set; }

    /// <summary>Whether everything was given out; else there are lines that only name what was not.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Names what is there, or may be, and could not be given out, and why.</summary>
    public Task WriteNamedAsync(string kind, IReadOnlyList<(string Name, object Value)> about, string notGiven, CancellationToken ct)
    {
        IsComplete = false;
        return WriteAsync(kind, [.. about, ("not_given", notGiven)], (byte[]?)null, ct);
    }

    /// <summary>Writes a text that is JSON.</summary>
    public Task WriteAsync(string kind, IReadOnlyList<(string Name, object Value)> about, string document, CancellationToken ct) => WriteAsync(kind, about, Encoding.UTF8.GetBytes(document), ct);

    /// <summary>Writes a document.</summary>
    public async Task WriteAsync(string kind, IReadOnlyList<(string Name, object Value)> about, byte[]? document, CancellationToken ct)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Exact))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            foreach (var (name, value) in about)
            {
                if (value is string text) json.WriteString(name, text);
                else if (value is long number) json.WriteNumber(name, number);
                else if (value is bool flag) json.WriteBoolean(name, flag);
                else if (value is DateTimeOffset time) json.WriteString(name, time.UtcDateTime);
            }

            if (document is not null) Document(json, "document", document);
            json.WriteEndObject();
        }

        await WriteLineAsync(ct);
    }

    /// <summary>Writes rows of records, some megabytes at a time; what is gone by then is passed over.</summary>
    public async Task WriteRowsAsync(string tenantId, HeldTable table, IReadOnlyList<HeldRow> found, CancellationToken ct)
    {
        HeldRow[] left = [.. found];
        while (left.Length > 0)
        {
            _line.ResetWrittenCount();
            var (read, isAll) = await ReadAsync(tenantId, table, left, ct);
            await target.WriteAsync(_line.WrittenMemory, ct);
            Lines += read.Count;
            left = isAll ? [] : [.. left.Where(r => !read.Contains(r))];
        }
    }

    /// <summary>Reads lines into memory until they are many bytes; the rows that are among them, and whether there are no others.</summary>
    private async Task<(HashSet<HeldRow> Read, bool IsAll)> ReadAsync(string tenantId, HeldTable table, HeldRow[] found, CancellationToken ct)
    {
        await using var batch = await database.BatchAsync(tenantId, durable: false, ct);
        batch.Add(
            $"""
            SELECT h.job_id, h.seq, k.part, {table.Source}, {string.Join(", ", table.Columns.Select(c => $"h.{c}::text"))} FROM {table.Name} h
                JOIN unnest($2::uuid[], $3::bigint[], $4::text[]) AS k (job_id, seq, part) ON h.job_id = k.job_id AND h.seq = k.seq AND k.part = {table.Part}
            WHERE h.tenant_id = $1 AND h.job_id = ANY ($2)
            """,
            tenantId, found.Select(f => f.JobId).ToArray(), found.Select(f => f.Seq).ToArray(), found.Select(f => f.Part).ToArray());
        await using var rows = await batch.ReadAsync(ct);
        HashSet<HeldRow> read = [];
        while (_line.WrittenCount < ManyBytes)
        {
            if (!await rows.ReadAsync(ct)) return (read, true);
            using (var json = new Utf8JsonWriter(_line, Exact))
            {
                json.WriteStartObject();
                json.WriteString("kind", table.Kind);
                json.WriteString("job_id", rows.GetGuid(0));
                json.WriteNumber("seq", rows.GetInt64(1));
                if (rows.GetString(2) is { Length: > 0 } part) json.WriteString("made_by", part);
                if (!await rows.IsDBNullAsync(3, ct)) json.WriteString("source_id", rows.GetString(3));
                for (var i = 0; i < table.Columns.Count; i++)
                {
                    if (table.Read(rows, first: 4, i) is { } held) Document(json, held.Name, held.Document);
                }

                json.WriteEndObject();
            }

            _line.Write("\n"u8);
            read.Add(new HeldRow(rows.GetGuid(0), rows.GetInt64(1), rows.GetString(2)));
        }

        return (read, false);
    }

    private static void Document(Utf8JsonWriter json, string name, byte[] document)
    {
        if (IsJson(document))
        {
            json.WritePropertyName(name);
            json.WriteRawValue(OneLine(document), skipInputValidation: true);
        }
        else if (System.Text.Unicode.Utf8.IsValid(document))
        {
            json.WriteString(name, document);
        }
        else
        {
            json.WriteBase64String(name + "_base64", document);
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A line break in JSON stands between tokens and nowhere else.</summary>
    private static byte[] OneLine(byte[] document) => document.AsSpan().IndexOfAny((byte)'\n', (byte)'\r') < 0 ? document : [.. document.Where(b => b is not ((byte)'\n' or (byte)'\r'))];

    private async Task WriteLineAsync(CancellationToken ct)
    {
        _line.Write("\n"u8);
        await target.WriteAsync(_line.WrittenMemory, ct);
        Lines++;
    }
}
