using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>What an API gets, round by round: records whose cursors grow, or stay, all written in one of the ways APIs write them.</summary>
internal sealed record CursorHistory(string Form, bool Csv, bool Asks, IReadOnlyList<(IReadOnlyList<(string Cursor, long Key)> Records, bool InTwo)> Rounds)
{
    private static readonly string[] Forms =
        ["number text", "padded", "decimal text", "number", "extreme", "iso", "iso date", "local", "rfc 1123", "unix seconds", "unix milliseconds text", "version", "mixed", "ulid"];

    private static readonly DateTimeOffset Epoch = new(2026, 1, 30, 21, 59, 58, TimeSpan.Zero);

    /// <summary>Histories of every form.</summary>
    public static Gen<CursorHistory> Any
        => from form in Gen.Elements(Forms)
           from csv in Gen.Elements(true, false)
           from asks in Gen.Elements(true, false)
           from start in Gen.Choose(-12, 120)
           from rounds in Gen.ListOf(Round).Resize(5)
           select new CursorHistory(form, csv, asks, Written(form, start, rounds));

    private static Gen<(IList<(int Step, int Way)> Records, bool InTwo)> Round
        => from records in Gen.ListOf(Gen.Choose(0, 9).SelectMany(step => Gen.Choose(0, 1_000_000).Select(way => (step, way)))).Resize(6)
           from inTwo in Gen.Elements(true, false)
           select ((IList<(int, int)>)[.. records], inTwo);

    public override string ToString() => $"{Form}{(Csv ? " in CSV" : "")}{(Asks ? ", asked for" : "")}";

    private static List<(IReadOnlyList<(string Cursor, long Key)> Records, bool InTwo)> Written(string form, long key, IEnumerable<(IList<(int Step, int Way)> Records, bool InTwo)> rounds)
    {
        List<(IReadOnlyList<(string, long)>, bool)> written = [];
        foreach (var (records, inTwo) in rounds)
        {
            List<(string, long)> round = [];
            foreach (var (step, way) in records)
            {
                // a step of 9 is a wide one: more digits, another day
                key += step == 9 ? 9_000 : step;
                round.Add((Cursor(form, key, way), key));
            }

            written.Add((round, inTwo));
        }

        return written;
    }

    private static string Cursor(string form, long key, int way) => form switch
    {
        "number" => Text(key),
        "number text" => Quoted(Text(key)),
        "padded" => Quoted((key + 1000).ToString("D12", CultureInfo.InvariantCulture)),
        "decimal text" => Quoted((key / 8m).ToString("0.####", CultureInfo.InvariantCulture)),
        "extreme" => way % 2 == 0 ? Text(long.MaxValue - 2_000_000 + key) : Quoted(Text(long.MaxValue - 2_000_000 + key)),
        "iso" => Iso(Epoch.AddMilliseconds(key * 250), way),
        "iso date" => Quoted(Epoch.AddDays(key).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        "local" => Quoted(Epoch.AddMilliseconds(key * 250).ToString(way % 2 == 0 ? "yyyy-MM-dd HH:mm:ss.FFF" : "yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture)),
        "rfc 1123" => Quoted(Epoch.AddSeconds(key).ToString("r", CultureInfo.InvariantCulture)),
        "unix seconds" => Text(Epoch.AddSeconds(key).ToUnixTimeSeconds()),
        "unix milliseconds text" => Quoted(Text(Epoch.AddSeconds(key).ToUnixTimeMilliseconds())),
        "version" => Quoted($"v{key}"),
        "ulid" => Quoted($"01{(key + 1000).ToString("X10", CultureInfo.InvariantCulture)}Z"),
        _ => way % 3 == 0 ? Quoted($"at {key}") : Quoted(Text(key)),
    };

    /// <summary>The same moment in another zone, with as many places as it needs or more, and the sign escaped as some serializers do.</summary>
    private static string Iso(DateTimeOffset moment, int way)
    {
        var places = (way % 4) switch { 0 => ".FFF", 1 => ".fff", 2 => ".fffffff", _ => ".fffffff'00'" };
        var zone = (way / 4 % 3) switch { 0 => "'Z'", 1 => "zzz", _ => "zzz" };
        var at = zone == "'Z'" ? moment : moment.ToOffset(TimeSpan.FromMinutes(((way / 16 % 48) - 24) * 30));
        var text = at.ToString("yyyy-MM-dd'T'HH:mm:ss" + places + zone, CultureInfo.InvariantCulture);
        return Quoted(way % 5 == 0 ? text.Replace("+", "\\u002B", StringComparison.Ordinal) : text);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string text) => $"\"{text}\"";
}
