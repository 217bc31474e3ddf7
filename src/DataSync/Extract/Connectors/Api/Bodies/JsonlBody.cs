using System.Text.Json;
using System.Text.Unicode;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>A page with a JSON document a line, streamed: it may be of any length.</summary>
internal sealed class JsonlBody(Stream stream) : PageBody
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private readonly LineReader _lines = new(stream, delimiter: null, OversizeRecord.LargestBytes);
    private long _read;
    private bool _ended;

    public override string Format => "jsonl";

    public override long? Records => _ended ? _read : null;

    public override async ValueTask<bool> TryWriteAsync(BatchBuilder to, CancellationToken ct)
    {
        while (await _lines.NextAsync(ct))
        {
            var line = _lines.Line.Span.Trim(" \t\r"u8);
            if (line.Length == 0 && !_lines.IsTooLong) continue;
            if (_lines.IsTooLong) OversizeRecord.Refuse(to);
            else if (!Utf8.IsValid(line)) BrokenRecord.WriteText(line, to);
            else if (!IsOneDocument(line)) BrokenRecord.WriteJson(line, to);
            else to.Buffer.Add(line);
            _read++;
            return true;
        }

        _ended = true;
        return false;
    }

    public override void Dispose() => _lines.Dispose();

    private static bool IsOneDocument(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, AnyDepth);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
