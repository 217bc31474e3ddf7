using System.Buffers;
using System.Text;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc.Rows;

/// <summary>
/// PostgreSQL's text of a row of numbers, times, truths and UUIDs: joined, <c>1,2024-02-29 12:00:00+00,t</c>, or as a row has it, <c>(1,,"2024-02-29 12:00:00+00",t)</c>, where an empty
/// part is null and one with a space stands in quotes. None of them holds a comma, a quote or anything else that is written twice. A driver takes as long for each of those values as for the whole.
/// </summary>
internal sealed class PackedRow(int parts)
{
    private const string Known = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.: ,";
    private static readonly SearchValues<byte> OfJoined = SearchValues.Create(Encoding.ASCII.GetBytes(Known)), OfRow = SearchValues.Create(Encoding.ASCII.GetBytes($"{Known}\"()"));
    private readonly (int At, int Length)[] _places = new (int, int)[parts];

    /// <summary>Takes each part for null: the text was too large to be fetched.</summary>
    public void Clear() => Array.Fill(_places, (0, -1));

    /// <summary>Finds the parts of a row's text.</summary>
    /// <exception cref="SyncFailureException"><c>errors.extraction.data</c>: the text is none that PostgreSQL writes.</exception>
    public void Split(ReadOnlySpan<byte> text)
    {
        var isRow = text is [(byte)'(', .., (byte)')'];
        if (text.ContainsAnyExcept(isRow ? OfRow : OfJoined)) throw Broken();
        var (at, end) = isRow ? (1, text.Length - 1) : (0, text.Length);
        for (var i = 0; i < parts; i++)
        {
            var left = text[at..end];
            var isQuoted = isRow && left.StartsWith("\""u8);
            var length = isQuoted ? left[1..].IndexOf((byte)'"') : left.IndexOf((byte)',') is >= 0 and var comma ? comma : left.Length;
            if (isQuoted ? length < 0 : isRow ? left[..length].Contains((byte)'"') : length == 0) throw Broken();
            _places[i] = (isQuoted ? at + 1 : at, isQuoted || length > 0 ? length : -1);
            at += isQuoted ? length + 2 : length;

            // behind each part a comma, behind the last one the end
            var isLast = i == parts - 1;
            if (isLast ? at != end : at >= end || text[at] != (byte)',') throw Broken();
            at++;
        }
    }

    /// <summary>True for a part that is null.</summary>
    public bool IsNull(int part) => _places[part].Length < 0;

    /// <summary>A part that is not null.</summary>
    /// <param name="text">The text that was split.</param>
    /// <param name="part">From 0.</param>
    public ReadOnlySpan<byte> Part(ReadOnlySpan<byte> text, int part) => text.Slice(_places[part].At, _places[part].Length);

    /// <summary>What is no row's text.</summary>
    public static SyncFailureException Broken() => new(SyncFailure.Permanent("errors.extraction.data", ("sqlstate", "22P03")));
}
