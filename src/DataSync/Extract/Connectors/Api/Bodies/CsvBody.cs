using System.Text;
using System.Text.Unicode;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Json;
using DataSync.Pipeline;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>A page of CSV (RFC 4180), streamed: the first line names the members, every value is the text it came as.</summary>
internal sealed class CsvBody(Stream stream, byte delimiter, Uri url) : PageBody
{
    private readonly LineReader _lines = new(stream, delimiter, OversizeRecord.LargestBytes);
    private byte[][]? _names;
    private byte[] _unquoted = [];
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
                if (_lines.IsTooLong || !Utf8.IsValid(line) || !TryHeader(line)) throw ApiErrors.Body(url, "csv", null);
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
            OversizeRecord.Refuse(to);
        }
        else if (!Utf8.IsValid(line))
        {
            BrokenRecord.WriteText(line, to);
        }
        else if (!TryWrite(line, _names!, to))
        {
            to.Buffer.AbandonRecord();
            BrokenRecord.WriteCsv(line, to);
        }
    }

    /// <summary>Writes a line as an object, or without it where escapes make it too large; false where it has not a field for each name.</summary>
    private bool TryWrite(ReadOnlySpan<byte> line, byte[][] names, BatchBuilder to)
    {
        try
        {
            return TryWrite(line, names, to.Buffer);
        }
        catch (RecordTooLargeException)
        {
            OversizeRecord.Refuse(to);
            return true;
        }
    }

    /// <summary>Writes a line as an object; false where it has not a field for each name.</summary>
    private bool TryWrite(ReadOnlySpan<byte> line, byte[][] names, RecordBuffer to)
    {
        JsonText.WriteRaw("{"u8, to);
        for (var i = 0; i < names.Length; i++)
        {
            if (i > 0) JsonText.WriteRaw(","u8, to);
            JsonText.WriteRaw(names[i], to);
            if (!TryTake(ref line, out var field, out var isLast) || isLast != (i == names.Length - 1)) return false;
            JsonText.WriteString(field, to);
        }

        JsonText.WriteRaw("}"u8, to);
        to.EndRecord();
        return true;
    }

    private bool TryHeader(ReadOnlySpan<byte> line)
    {
        List<string> names = [];
        for (var isLast = false; !isLast;)
        {
            if (!TryTake(ref line, out var field, out isLast)) return false;
            names.Add(Encoding.UTF8.GetString(field));
        }

        _names = [.. FieldNames.Unique(names).Select(JsonText.MemberName)];
        return true;
    }

    /// <summary>Takes the next field off a line; false where a quoted one does not end as such. The field is valid until the next is taken.</summary>
    private bool TryTake(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> field, out bool isLast)
    {
        field = default;
        isLast = false;
        if (line.Length > 0 && line[0] == '"')
        {
            if (!TryQuoted(ref line, out field)) return false;
        }
        else
        {
            var end = line.IndexOf(delimiter) is var at and >= 0 ? at : line.Length;
            field = line[..end];
            line = line[end..];
        }

        isLast = line.Length == 0;
        if (isLast) return true;
        if (line[0] != delimiter) return false;
        line = line[1..];
        return true;
    }

    /// <summary>Within quotes, a quote is written twice; nearly no field has one, and such is taken as it stands.</summary>
    private bool TryQuoted(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> field)
    {
        var rest = line[1..];
        var length = 0;
        for (field = default; ;)
        {
            var quote = rest.IndexOf((byte)'"');
            if (quote < 0) return false;
            var isPair = quote + 1 < rest.Length && rest[quote + 1] == '"';
            if (!isPair && length == 0)
            {
                field = rest[..quote];
                line = rest[(quote + 1)..];
                return true;
            }

            var part = rest[..(isPair ? quote + 1 : quote)];
            if (_unquoted.Length < length + part.Length) Array.Resize(ref _unquoted, Math.Max(length + part.Length, _unquoted.Length * 2));
            part.CopyTo(_unquoted.AsSpan(length));
            length += part.Length;
            rest = rest[(isPair ? quote + 2 : quote + 1)..];
            if (isPair) continue;
            field = _unquoted.AsSpan(0, length);
            line = rest;
            return true;
        }
    }
}
