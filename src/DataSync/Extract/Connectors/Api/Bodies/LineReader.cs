using System.Buffers;

namespace DataSync.Extract.Connectors.Api.Bodies;

/// <summary>Cuts a stream into lines, holding one at a time. In CSV a line break within quotes ends no line; a quote within a field that did not begin with one is a sign as any other.</summary>
/// <param name="stream">What is cut.</param>
/// <param name="delimiter">What keeps fields apart, where they may be quoted; null for lines without fields.</param>
/// <param name="longest">Bytes of a line at most.</param>
internal sealed class LineReader(Stream stream, byte? delimiter, int longest) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start, _scanned, _end;
    private bool _quoted, _closed, _ended, _isFirst = true;

    /// <summary>The line, without its end; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>True where the line is longer than memory should hold: it was passed over.</summary>
    public bool IsTooLong { get; private set; }

    public async ValueTask<bool> NextAsync(CancellationToken ct)
    {
        IsTooLong = false;
        while (true)
        {
            if (Scan() is var end and >= 0)
            {
                Take(end, end + 1);
                return true;
            }

            if (_ended)
            {
                if (_start == _end && !IsTooLong) return false;
                Take(_end, _end);
                return true;
            }

            if (_end - _start > longest) (IsTooLong, _start, _scanned, _end) = (true, 0, 0, 0);
            await FillAsync(ct);
        }
    }

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
        stream.Dispose();
    }

    /// <summary>Where the line ends; −1 where that is not read yet.</summary>
    private int Scan()
    {
        while (_scanned < _end)
        {
            var rest = _bytes.AsSpan(_scanned, _end - _scanned);
            var at = delimiter is null ? rest.IndexOf((byte)'\n') : _quoted ? rest.IndexOf((byte)'"') : rest.IndexOfAny((byte)'\n', (byte)'"');
            if (at < 0)
            {
                _scanned = _end;
                return -1;
            }

            _scanned += at + 1;
            if (rest[at] == '\n') return _scanned - 1;
            (_quoted, _closed) = (!_quoted && Opens(_scanned - 1), _quoted);
        }

        return -1;
    }

    /// <summary>A quote opens at the beginning of a field, or goes on where one was closed just before: two of them are one.</summary>
    private bool Opens(int quote)
    {
        var line = _bytes.AsSpan(_start, quote - _start);
        if (_isFirst && line.StartsWith("\uFEFF"u8)) line = line[3..];
        return line.IsEmpty ? _closed || !IsTooLong : line[^1] == delimiter || (_closed && line[^1] == '"');
    }

    private void Take(int end, int next)
    {
        IsTooLong |= end - _start > longest;
        var line = IsTooLong ? default : _bytes.AsMemory(_start, end - _start);
        if (_isFirst && line.Span.StartsWith("\uFEFF"u8)) line = line[3..];
        Line = line.Span.EndsWith("\r"u8) ? line[..^1] : line;
        (_start, _scanned, _isFirst, _quoted, _closed) = (next, next, false, false, false);
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        if (_start > 0 && (_start == _end || _end == _bytes.Length))
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_scanned, _end, _start) = (_scanned - _start, _end - _start, 0);
        }
        else if (_end == _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
            _bytes.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        var count = await stream.ReadAsync(_bytes.AsMemory(_end), ct);
        _end += count;
        _ended = count == 0;
    }
}
