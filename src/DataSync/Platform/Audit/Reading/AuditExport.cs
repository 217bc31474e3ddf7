using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Platform.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Platform.Audit.Reading;

/// <summary>
/// Entries as lines of JSON, sent as they are read: of any number, in the memory of a page. Each page is read in a transaction of its own that has ended before it is sent, so that who reads slowly holds no connection to the
/// database. Entries that come after the beginning of the export are none of it; where the chain loses its beginning meanwhile, an export that has come no further is cut off.
/// </summary>
internal sealed class AuditExport(TenantDatabase database, string tenantId, AuditSelection selection) : IResult
{
    private const int Page = 1000;
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/jsonl; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = "attachment; filename=\"audit.jsonl\"";
        return WriteAsync(httpContext.Response.BodyWriter, httpContext.RequestAborted);
    }

    /// <summary>Writes the lines.</summary>
    public async Task WriteAsync(PipeWriter output, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(output, Options);
        var (after, last) = (0L, await LastAsync(ct));
        while (await PageAsync(after, last, ct) is { Count: > 0 } page)
        {
            if (after > 0 && selection.IsEverything() && page[0].Sequence != after + 1) throw new IOException("The chain has lost its beginning while it was exported.");
            foreach (var entry in page)
            {
                Write(json, entry);
                json.Reset();
                output.Write("\n"u8);
            }

            after = page[^1].Sequence;
            await output.FlushAsync(ct);
        }

        await output.FlushAsync(ct);
    }

    private async Task<long> LastAsync(CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<ChainedAuditEntry>().MaxAsync(e => (long?)e.Sequence, ct) ?? 0;
    }

    private async Task<List<ChainedAuditEntry>> PageAsync(long after, long last, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var entries = transaction.Db.Set<ChainedAuditEntry>().AsNoTracking().Where(e => e.Sequence > after && e.Sequence <= last);
        return await selection.Of(entries).OrderBy(e => e.Sequence).Take(Page).ToListAsync(ct);
    }

    /// <summary>One line, without its end.</summary>
    internal static void Write(Utf8JsonWriter json, ChainedAuditEntry e)
    {
        json.WriteStartObject();
        json.WriteString("tenant_id", e.TenantId);
        json.WriteNumber("sequence", e.Sequence);
        json.WriteString("time", e.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("actor_kind", e.ActorKind);
        json.WriteString("actor", e.Actor);
        json.WriteString("client", e.Client);
        json.WriteString("action", e.Action);
        json.WriteString("target_kind", e.TargetKind);
        json.WriteString("target", e.Target);
        json.WriteString("outcome", e.Outcome);
        json.WriteString("correlation_id", e.CorrelationId);
        json.WriteString("details", e.Details);
        json.WriteString("salt", e.Salt is null ? null : Convert.ToHexStringLower(e.Salt));
        json.WriteString("digest", Convert.ToHexStringLower(e.Digest!));
        json.WriteString("previous", Convert.ToHexStringLower(e.Previous));
        json.WriteString("hash", Convert.ToHexStringLower(e.Hash));
        json.WriteEndObject();
        json.Flush();
    }
}
