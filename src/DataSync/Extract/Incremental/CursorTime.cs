namespace DataSync.Extract.Incremental;

/// <summary>Reads times as APIs write them: ISO 8601 to any place of the second, with an offset or without one, and RFC 1123.</summary>
internal ref struct CursorTime
{
    private const int MostPlaces = 15;
    private ReadOnlySpan<byte> _rest;
    private CursorKind _kind;
    private decimal _ticks;

    /// <summary>False for what is no such time.</summary>
    /// <param name="text">In UTF-8.</param>
    /// <param name="kind">A moment where it has an offset, else a time without one, or a date.</param>
    /// <param name="ticks">Units of 100 ns since the year 1, with places behind the point where the time has them; of a moment in UTC.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, out CursorKind kind, out decimal ticks)
    {
        var time = new CursorTime { _rest = text };
        var isRead = text.Length >= 10 && (text[4] == '-' ? time.TryIso() : time.TryRfc()) && time._rest.IsEmpty;
        (kind, ticks) = isRead ? (time._kind, time._ticks) : (CursorKind.Text, 0);
        return isRead;
    }

    private bool TryIso()
    {
        if (!(TryNumber(4, out var year) && TryTake("-"u8) && TryNumber(2, out var month) && TryTake("-"u8) && TryNumber(2, out var day) && TryDay(year, month, day))) return false;
        _kind = CursorKind.Date;
        if (_rest.IsEmpty) return true;
        if (!(TryTake("T"u8) || TryTake("t"u8) || TryTake(" "u8)) || !TryClock()) return false;
        _kind = CursorKind.LocalTime;
        if (_rest.IsEmpty) return true;
        TryTake(" "u8);
        return TryZone();
    }

    /// <summary>What day of the week it is follows from the date, and is not looked at.</summary>
    private bool TryRfc()
    {
        if (_rest[3] == ',') _rest = _rest[4..];
        TryTake(" "u8);
        return (TryNumber(2, out var day) || TryNumber(1, out day)) && TryTake(" "u8) && TryMonth(out var month) && TryTake(" "u8) && TryNumber(4, out var year)
            && TryDay(year, month, day) && TryTake(" "u8) && TryClock() && TryTake(" "u8) && TryZone();
    }

    private bool TryDay(int year, int month, int day)
    {
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month)) return false;
        _ticks = new DateTime(year, month, day).Ticks;
        return true;
    }

    /// <summary>A leap second is the next minute's first.</summary>
    private bool TryClock()
    {
        if (!TryNumber(2, out var hour) || hour > 23 || !TryTake(":"u8) || !TryNumber(2, out var minute) || minute > 59) return false;
        var second = 0;
        if (TryTake(":"u8) && (!TryNumber(2, out second) || second > 60)) return false;
        _ticks += (((hour * 60) + minute) * TimeSpan.TicksPerMinute) + (second * TimeSpan.TicksPerSecond);
        return !(TryTake("."u8) || TryTake(","u8)) || TryPlaces();
    }

    private bool TryPlaces()
    {
        var end = _rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is var at and >= 0 ? at : _rest.Length;
        if (end is 0 or > MostPlaces) return false;
        decimal unit = TimeSpan.TicksPerSecond;
        foreach (var digit in _rest[..end]) _ticks += (digit - '0') * (unit /= 10);
        _rest = _rest[end..];
        return true;
    }

    private bool TryZone()
    {
        _kind = CursorKind.Time;
        if (TryTake("Z"u8) || TryTake("z"u8) || TryTake("UTC"u8) || TryTake("GMT"u8)) return true;
        var sign = TryTake("+"u8) ? 1 : TryTake("-"u8) ? -1 : 0;
        if (sign == 0 || !TryNumber(2, out var hours) || hours > 23) return false;
        var minutes = 0;
        if ((TryTake(":"u8) || !_rest.IsEmpty) && (!TryNumber(2, out minutes) || minutes > 59)) return false;
        _ticks -= sign * (((hours * 60) + minutes) * TimeSpan.TicksPerMinute);
        return true;
    }

    private bool TryMonth(out int month)
    {
        month = _rest.Length < 3 ? -1 : "JanFebMarAprMayJunJulAugSepOctNovDec"u8.IndexOf(_rest[..3]);
        if (month < 0 || month % 3 != 0) return false;
        month = (month / 3) + 1;
        _rest = _rest[3..];
        return true;
    }

    private bool TryNumber(int digits, out int number)
    {
        number = 0;
        if (_rest.Length < digits) return false;
        foreach (var digit in _rest[..digits])
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            number = (number * 10) + digit - '0';
        }

        _rest = _rest[digits..];
        return true;
    }

    private bool TryTake(ReadOnlySpan<byte> text)
    {
        if (!_rest.StartsWith(text)) return false;
        _rest = _rest[text.Length..];
        return true;
    }
}
