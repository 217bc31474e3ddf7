using System.Buffers;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>
/// PostgreSQL's text of a row of numbers, times, truths and UUIDs: <c>(1,,"2024-02-29 12:00:00+00",t)</c>. An empty part is null; one with a space stands in quotes, and none of
/// them holds a quote, a backslash or anything else that is written twice. A driver takes as long for each of those values as for the whole row.
/// </summary>
internal sealed class PackedRow(int parts)
{
    private static readonly SearchValues<byte> Known = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.: ,\"()"u8), Ends = SearchValues.Create(",)"u8);
    private readonly (int At, int Length)[] _places = new (int, int)[parts];

    /// <summary>Finds the parts of a row's text. Of an empty one each part is null.</summary>
    /// <exception cref="SyncFailureException"><c>errors.extraction.data</c>: the text is none that PostgreSQL writes.</exception>
    public void Split(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            Array.Fill(_places, (0, -1));
            return;
        }

        if (text is not [(byte)'(', .., (byte)')'] || text.ContainsAnyExcept(Known)) throw Broken();
        var at = 1;
        for (var i = 0; i < parts; i++)
        {
            var isQuoted = text[at] == (byte)'"';
            if (isQuoted) at++;
            var length = isQuoted ? text[at..].IndexOf((byte)'"') : text[at..].IndexOfAny(Ends);
            if (length < 0) throw Broken();
            _places[i] = (at, isQuoted || length > 0 ? length : -1);
            at += length + (isQuoted ? 1 : 0);

            // behind each part a comma, behind the last one the end
            if (at >= text.Length || text[at] != (byte)(i < parts - 1 ? ',' : ')')) throw Broken();
            at++;
        }

        if (at != text.Length) throw Broken();
    }

    /// <summary>True for a part that is null.</summary>
    public bool IsNull(int part) => _places[part].Length < 0;

    /// <summary>A part that is not null.</summary>
    /// <param name="text">The text that was split.</param>
    /// <param name="part">From 0.</param>
    public ReadOnlySpan<byte> Part(ReadOnlySpan<byte> text, int part) => text.Slice(_places[part].At, _places[part].Length);

    private static SyncFailureException Broken() => new(SyncFailure.Permanent("errors.extraction.data", ("sqlstate", "22P03")));
}
