using System.Text;
using System.Text.Unicode;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Json;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>A page of CSV (RFC 4180), streamed: the first line names the members, every value is the text it came as.</summary>
internal sealed class CsvBody(Stream stream, byte delimiter, Uri url) : PageBody
{
    private readonly LineReader _lines = new(stream, quotes: true, OversizeRecord.LargestBytes);
    private readonly List<byte[]> _fields = [];
    private byte[][]? _names;
    private long _read;
    private bool _ended;

    public override string Format => "csv";

    public override long? Records => _ended ? _read : null;

    public override async ValueTask<bool> TryWriteAsync(BatchBuilder to, CancellationToken ct)
    {
        while (await _lines.NextAsync(ct))
        {
            var line = _lines.Line.Span;
            if (line.Length == 0 && !_lines.IsTooLong) continue;
            if (_names is null)
            {
                if (_lines.IsTooLong || !Utf8.IsValid(line) || !TrySplit(line)) throw ApiErrors.Body(url, "csv", null);
                _names = [.. FieldNames.Unique([.. _fields.Select(f => Encoding.UTF8.GetString(f))]).Select(JsonText.MemberName)];
                continue;
            }

            Write(line, to);
            _read++;
            return true;
        }

        _ended = true;
        return false;
    }

    public override void Dispose() => _lines.Dispose();

    private void Write(ReadOnlySpan<byte> line, BatchBuilder to)
    {
        if (_lines.IsTooLong)
        {
            BrokenRecord.WriteOversize(to);
            return;
        }

        if (!Utf8.IsValid(line))
        {
            BrokenRecord.WriteText(line, to);
            return;
        }

        if (!TrySplit(line) || _fields.Count != _names!.Length)
        {
            BrokenRecord.WriteCsv(line, to);
            return;
        }

        JsonText.WriteRaw("{"u8, to.Buffer);
        for (var i = 0; i < _names.Length; i++)
        {
            if (i > 0) JsonText.WriteRaw(","u8, to.Buffer);
            JsonText.WriteRaw(_names[i], to.Buffer);
            JsonText.WriteString(_fields[i], to.Buffer);
        }

        JsonText.WriteRaw("}"u8, to.Buffer);
        to.Buffer.EndRecord();
    }

    /// <summary>Cuts a line into fields; false where a quoted field does not end as one.</summary>
    private bool TrySplit(ReadOnlySpan<byte> line)
    {
        _fields.Clear();
        while (true)
        {
            if (line.Length > 0 && line[0] == '"')
            {
                if (!TryQuoted(ref line)) return false;
            }
            else
            {
                var end = line.IndexOf(delimiter) is var at and >= 0 ? at : line.Length;
                _fields.Add(line[..end].ToArray());
                line = line[end..];
            }

            if (line.Length == 0) return true;
            if (line[0] != delimiter) return false;
            line = line[1..];
        }
    }

    /// <summary>Within quotes, a quote is written twice.</summary>
    private bool TryQuoted(ref ReadOnlySpan<byte> line)
    {
        var field = new byte[line.Length];
        var length = 0;
        line = line[1..];
        while (true)
        {
            var quote = line.IndexOf((byte)'"');
            if (quote < 0) return false;
            var isPair = quote + 1 < line.Length && line[quote + 1] == '"';
            line[..(isPair ? quote + 1 : quote)].CopyTo(field.AsSpan(length));
            length += isPair ? quote + 1 : quote;
            line = line[(isPair ? quote + 2 : quote + 1)..];
            if (isPair) continue;
            _fields.Add(field[..length]);
            return true;
        }
    }
}
