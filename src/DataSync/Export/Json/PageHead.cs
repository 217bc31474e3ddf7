using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Pipeline;

namespace DataSync.Export.Json;

/// <summary>The beginning of a page, up to the records.</summary>
internal sealed class PageHead(SyncRun run)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether pages have metadata.</summary>
    public bool IsShown => run.Plan.Export.IncludeMetadata;

    public void Write(IBufferWriter<byte> page, int number, int records, bool hasMore)
    {
        page.Write("{"u8);
        if (IsShown)
        {
            page.Write("\"metadata\":"u8);
            using var json = new Utf8JsonWriter(page, Relaxed);
            json.WriteStartObject();
            json.WriteString("job_id"u8, run.JobId);
            json.WriteString("source_id"u8, run.SourceId);
            json.WriteString("created_at"u8, UtcTimeConverter.Format(run.CreatedAt));
            json.WriteNumber("page"u8, number);
            json.WriteNumber("page_size"u8, run.Plan.Export.PageSize);
            json.WriteNumber("records"u8, records);
            json.WriteBoolean("has_more"u8, hasMore);
            json.WriteEndObject();
            json.Flush();
            page.Write(",\n"u8);
        }

        page.Write("\"data\":["u8);
    }
}
