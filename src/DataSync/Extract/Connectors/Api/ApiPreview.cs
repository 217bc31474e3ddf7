using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Connectors.Api.Paging;
using DataSync.Extract.Incremental;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;

namespace DataSync.Extract.Connectors.Api;

/// <summary>Reads the first page and tells what was understood of it.</summary>
internal sealed class ApiPreview(ApiRead read, ApiExtraction extraction, ReadRequest request, TimeProvider time)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<PagePreview> RunAsync(CancellationToken ct)
    {
        var began = time.GetTimestamp();
        using var page = await read.FirstAsync(ct);
        var batches = new List<RecordBatch>();
        try
        {
            using var records = new BatchBuilder(request);
            while (records.Remaining > 0 && await page.Body.TryWriteAsync(records, ct))
            {
                if (records.IsFull) batches.Add(records.Take(default));
            }

            if (!records.IsEmpty) batches.Add(records.Take(default));
            return new PagePreview(batches, Understood(page, batches, time.GetElapsedTime(began)));
        }
        catch
        {
            batches.ForEach(b => b.Dispose());
            throw;
        }
    }

    private JsonElement Understood(Page page, List<RecordBatch> batches, TimeSpan elapsed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("url", page.Url.AbsoluteUri);
            json.WriteNumber("status", (int)page.Response.StatusCode);
            json.WriteString("http_version", page.Response.Version.ToString());
            json.WriteString("content_type", page.Response.Content.Headers.ContentType?.ToString());
            json.WriteString("format", page.Body.Format);
            json.WriteNumber("bytes", page.Stream?.Total ?? 0);
            json.WriteNumber("milliseconds", Math.Round(elapsed.TotalMilliseconds, 1));
            json.WriteString("records_path", extraction.RecordsPath?.Text);
            json.WritePropertyName("records_on_page");
            if (page.Body.Records is { } count) json.WriteNumberValue(count);
            else json.WriteNullValue();
            WritePagination(json, page);
            CursorPreview.Of(request.Extraction)?.Write(json, batches);
            json.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private void WritePagination(Utf8JsonWriter json, Page page)
    {
        json.WriteStartObject("pagination");
        json.WriteString("type", extraction.Pagination.Type);
        if (page.Body.Records is { } count)
        {
            var next = read.Next(page, new PagePosition(extraction.Digest, null, 0, 0, Ended: false), count);
            json.WriteBoolean("is_last", next.Ended);
            json.WriteString("next", next.Ended ? null : next.At);
        }

        json.WriteEndObject();
    }
}
