using System.Buffers;
using System.Text.Json;
using DataSync.Export.Records;

namespace DataSync.Export.Coco.Checking;

/// <summary>
/// Reads a JSON object piece by piece: each member's value, and of the lists that are asked for each element by itself. So memory holds one element of a file of any size.
/// </summary>
internal sealed class RootParts(Stream stream, IReadOnlySet<string> lists) : IDisposable
{
    /// <summary>Bytes of the largest piece.</summary>
    public const int LargestPart = 256 * 1024 * 1024;

    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
    private int _start, _end, _index;
    private bool _isFinal, _isOpen, _isDone;
    private JsonReaderState _state = new(JsonMembers.AnyDepth);
    private string? _list;

    /// <summary>The next piece; null at the end.</summary>
    /// <exception cref="JsonException">It is not one JSON object, or a piece is too large.</exception>
    public async ValueTask<RootPart?> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            if (_isDone) return null;
            if (TryNext(out var part))
            {
                if (part is not null) return part;
                continue;
            }

            // what was looked at in vain is looked at again from its beginning: only once there is twice as much, or a large piece would be gone through a thousand times
            var wanted = Math.Min(2L * (_end - _start), LargestPart);
            do await FillAsync(ct);
            while (!_isFinal && _end - _start < wanted);
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>False where more bytes are needed. A step may have no piece to show.</summary>
    private bool TryNext(out RootPart? part)
    {
        part = null;
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isFinal, _state);
        if (!reader.Read()) return _isFinal ? throw new JsonException() : false;
        if (!_isOpen)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("not an object");
            _isOpen = true;
            return Taken(ref reader);
        }

        if (_list is not null) return TryElement(ref reader, out part);
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            // Nothing may follow: the reader says so, once everything is there.
            if (!_isFinal) return false;
            if (reader.Read()) throw new JsonException();
            _isDone = true;
            return true;
        }

        var (name, isTorn) = (TornText.Shown(reader.ValueSpan), TornText.IsTorn(reader.ValueSpan));
        if (!reader.Read()) return false;
        if (reader.TokenType == JsonTokenType.StartArray && lists.Contains(name))
        {
            (_list, _index) = (name, 0);
            part = new RootPart(name, -1, default, []);
            return Taken(ref reader);
        }

        if (!TryValue(ref reader, name, -1, out part)) return false;
        if (isTorn && part is not null) part = part with { Torn = [part.Path, .. part.Torn] };
        return true;
    }

    private bool TryElement(ref Utf8JsonReader reader, out RootPart? part)
    {
        part = null;
        if (reader.TokenType != JsonTokenType.EndArray)
        {
            if (!TryValue(ref reader, _list!, _index, out part)) return false;
            _index++;
            return true;
        }

        _list = null;
        return Taken(ref reader);
    }

    private bool TryValue(ref Utf8JsonReader reader, string member, int index, out RootPart? part)
    {
        part = null;
        var from = (int)reader.TokenStartIndex;
        if (!reader.TrySkip()) return false;
        ReadOnlySpan<byte> json = _buffer.AsSpan(_start + from, (int)reader.BytesConsumed - from);
        if (TornText.Mended(json) is not { } mended) part = new RootPart(member, index, JsonElement.Parse(json, AnyDepth), []);
        else part = new RootPart(member, index, JsonElement.Parse(mended, AnyDepth), TornText.PlacesIn(json, Places.Part(member, index)));
        return Taken(ref reader);
    }

    private bool Taken(ref Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        return true;
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LargestPart) throw new JsonException("too large");
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
        _end += read;
        _isFinal = read == 0;
    }
}

/// <summary>A piece of the file.</summary>
/// <param name="Member">The root's member.</param>
/// <param name="Index">Which element of a list; -1 for a value that is not taken apart, and for a list's beginning.</param>
/// <param name="Value">The value, with U+FFFD for what is no text; undefined for a list's beginning.</param>
/// <param name="Torn">Paths of the names and texts that are no text.</param>
internal sealed record RootPart(string Member, int Index, JsonElement Value, IReadOnlyList<string> Torn)
{
    /// <summary>Its JSON path.</summary>
    public string Path => Places.Part(Member, Index);
}
