using System.Buffers;

namespace DataSync.Export.Csv;

/// <summary>A row of RFC 4180 that is put together byte by byte: its fields without their quotes.</summary>
internal sealed class CsvRow
{
    private readonly ArrayBufferWriter<byte> _texts = new();
    private readonly List<(int End, bool IsQuoted)> _fields = [];
    private bool _isQuoted, _isOpen, _mayBeDoubled;

    /// <summary>How many fields the row has.</summary>
    public int Count => _fields.Count;

    /// <summary>Whether nothing of a row was read yet.</summary>
    public bool IsEmpty => _fields.Count == 0 && _texts.WrittenCount == 0 && !_isQuoted;

    /// <summary>A field.</summary>
    public ReadOnlySpan<byte> Text(int field) => _texts.WrittenSpan[(field == 0 ? 0 : _fields[field - 1].End).._fields[field].End];

    /// <summary>Whether it stood in quotes: an empty text, where else there is none.</summary>
    public bool IsQuoted(int field) => _fields[field].IsQuoted;

    /// <summary>Takes the next byte; true where it was the row's last.</summary>
    public bool Add(byte b)
    {
        if (_isOpen)
        {
            if (b != (byte)'"') Put(b);
            else (_isOpen, _mayBeDoubled) = (false, true);
            return false;
        }

        switch (b)
        {
            case (byte)'"' when _mayBeDoubled: // the quote before was the first of two that stand for one
                Put(b);
                (_isOpen, _mayBeDoubled) = (true, false);
                return false;
            case (byte)'"':
                (_isOpen, _isQuoted) = (true, true);
                return false;
            case (byte)',' or (byte)'\n':
                _fields.Add((_texts.WrittenCount, _isQuoted));
                (_isQuoted, _mayBeDoubled) = (false, false);
                return b == (byte)'\n';
            case (byte)'\r': // outside of quotes it stands before the end of the row alone
                return false;
            default:
                Put(b);
                return false;
        }
    }

    /// <summary>Begins the next row.</summary>
    public void Clear()
    {
        _texts.ResetWrittenCount();
        _fields.Clear();
        (_isQuoted, _isOpen, _mayBeDoubled) = (false, false, false);
    }

    private void Put(byte b)
    {
        _texts.GetSpan(1)[0] = b;
        _texts.Advance(1);
    }
}
