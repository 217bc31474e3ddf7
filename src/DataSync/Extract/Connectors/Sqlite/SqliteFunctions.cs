using SQLitePCL;

namespace DataSync.Extract.Connectors.Sqlite;

/// <summary>
/// SQLite's functions that compare everything of one value with everything of another, made anew: theirs run for days where both are long, and cannot be stopped within. These give
/// the same, and end when the statement must.
/// </summary>
internal sealed class SqliteFunctions(Func<bool> mustStop)
{
    private const int Deterministic = 0x800, Innocuous = 0x200000;
    private const int WorkBetweenChecks = 256 * 1024 * 1024, LongestTrimmed = 64 * 1024;

    /// <summary>What a look costs that finds at once, in bytes that are compared.</summary>
    private const int WorkOfLook = 32;

    private const int None = -1, Stopped = -2;
    private long _work;

    /// <summary>Puts them in the place of SQLite's.</summary>
    public void Install(sqlite3 database)
    {
        Add(database, "instr", 2, FindPlace);
        Add(database, "replace", 3, Replace);
        Add(database, "trim", 2, (to, given) => Trim(to, given, atStart: true, atEnd: true));
        Add(database, "ltrim", 2, (to, given) => Trim(to, given, atStart: true, atEnd: false));
        Add(database, "rtrim", 2, (to, given) => Trim(to, given, atStart: false, atEnd: true));
    }

    private static void Add(sqlite3 database, string name, int arguments, Action<sqlite3_context, sqlite3_value[]> function) => raw.sqlite3_create_function(
        database, name, arguments, raw.SQLITE_UTF8 | Deterministic | Innocuous, null, (to, _, given) =>
        {
            try
            {
                if (Array.Exists(given, static g => raw.sqlite3_value_type(g) == raw.SQLITE_NULL)) raw.sqlite3_result_null(to);
                else function(to, given);
            }
            catch (OutOfMemoryException)
            {
                // no exception may pass through SQLite
                raw.sqlite3_result_error_nomem(to);
            }
        });

    /// <summary>Bytes are counted between two BLOBs, characters otherwise.</summary>
    private void FindPlace(sqlite3_context to, sqlite3_value[] given)
    {
        var isText = Array.Exists(given, static g => raw.sqlite3_value_type(g) != raw.SQLITE_BLOB);
        var within = isText ? Text(given[0]) : raw.sqlite3_value_blob(given[0]);
        var what = isText ? Text(given[1]) : raw.sqlite3_value_blob(given[1]);
        var at = what.IsEmpty ? 0
            : isText && IsWithinCharacter(what[0]) ? within.StartsWith(what) ? 0 : None
            : Find(within, what, 0);
        if (at == Stopped) Stop(to);
        else raw.sqlite3_result_int(to, at == None ? 0 : isText ? 1 + Begun(within, at) : 1 + at);
    }

    private void Replace(sqlite3_context to, sqlite3_value[] given)
    {
        var text = Text(given[0]);
        var what = Text(given[1]);
        var by = Text(given[2]);
        if (what.IsEmpty || what[0] == 0)
        {
            Give(to, text);
            return;
        }

        long length = text.Length;
        int at;
        for (at = Find(text, what, 0); at >= 0; at = Find(text, what, at + what.Length)) length += by.Length - what.Length;
        if (at == Stopped) Stop(to);
        else if (length > SqliteDatabase.LongestValue) raw.sqlite3_result_error_toobig(to);
        else Replace(to, text, what, by, (int)length);
    }

    private void Replace(sqlite3_context to, ReadOnlySpan<byte> text, ReadOnlySpan<byte> what, ReadOnlySpan<byte> by, int length)
    {
        var replaced = new byte[length];
        var (from, written) = (0, 0);
        int at;
        for (at = Find(text, what, 0); at >= 0; at = Find(text, what, from))
        {
            text[from..at].CopyTo(replaced.AsSpan(written));
            written += at - from;
            by.CopyTo(replaced.AsSpan(written));
            written += by.Length;
            from = at + what.Length;
        }

        if (at == Stopped)
        {
            Stop(to);
            return;
        }

        text[from..].CopyTo(replaced.AsSpan(written));
        Give(to, replaced);
    }

    private void Trim(sqlite3_context to, sqlite3_value[] given, bool atStart, bool atEnd)
    {
        var text = Text(given[0]);
        var characters = Text(given[1]);
        if (characters.IndexOf((byte)0) is >= 0 and var end) characters = characters[..end];
        if (characters.Length > LongestTrimmed)
        {
            raw.sqlite3_result_error_toobig(to);
            return;
        }

        for (var edge = 1; atStart && edge > 0; text = text[edge..])
        {
            if ((edge = Edge(text, characters, atEnd: false)) != Stopped) continue;
            Stop(to);
            return;
        }

        for (var edge = 1; atEnd && edge > 0; text = text[..^edge])
        {
            if ((edge = Edge(text, characters, atEnd: true)) != Stopped) continue;
            Stop(to);
            return;
        }

        Give(to, text);
    }

    /// <summary>How many bytes the first of the characters takes that stands at the text's edge; 0 where none does.</summary>
    private int Edge(ReadOnlySpan<byte> text, ReadOnlySpan<byte> characters, bool atEnd)
    {
        if (IsOver(WorkOfLook * (1L + characters.Length))) return Stopped;
        for (var length = 0; characters.Length > 0; characters = characters[length..])
        {
            length = 1;
            if (characters[0] >= 0xC0) while (length < characters.Length && IsWithinCharacter(characters[length])) length++;
            if (atEnd ? text.EndsWith(characters[..length]) : text.StartsWith(characters[..length])) return length;
        }

        return 0;
    }

    /// <summary>Where one stands in the other from a place on.</summary>
    private int Find(ReadOnlySpan<byte> within, ReadOnlySpan<byte> what, int from)
    {
        while (within.Length - from >= what.Length)
        {
            var places = Math.Min(Math.Max(1, WorkBetweenChecks / what.Length), within.Length - from - what.Length + 1);
            var at = within.Slice(from, places + what.Length - 1).IndexOf(what);
            if (IsOver(WorkOfLook + ((at < 0 ? places : at + 1) * (long)what.Length))) return Stopped;
            if (at >= 0) return from + at;
            from += places;
        }

        return None;
    }

    private bool IsOver(long work)
    {
        if ((_work += work) < WorkBetweenChecks) return false;
        _work = 0;
        return mustStop();
    }

    /// <summary>How many characters begin behind the first byte, up to a place.</summary>
    private static int Begun(ReadOnlySpan<byte> text, int place)
    {
        var begun = 0;
        for (var i = 1; i <= place; i++) begun += IsWithinCharacter(text[i]) ? 0 : 1;
        return begun;
    }

    private static bool IsWithinCharacter(byte part) => (part & 0xC0) == 0x80;

    private static ReadOnlySpan<byte> Text(sqlite3_value value)
    {
        // asking for the text makes UTF-8 of whatever it is; the blob then has its true length, also with NUL inside
        _ = raw.sqlite3_value_text(value);
        return raw.sqlite3_value_blob(value);
    }

    private static void Give(sqlite3_context to, ReadOnlySpan<byte> text)
    {
        // nothing has no address, which would be NULL
        if (text.IsEmpty) raw.sqlite3_result_text(to, "");
        else raw.sqlite3_result_text(to, text);
    }

    private static void Stop(sqlite3_context to) => raw.sqlite3_result_error_code(to, raw.SQLITE_INTERRUPT);
}
