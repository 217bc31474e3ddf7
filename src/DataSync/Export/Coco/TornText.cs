using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DataSync.Export.Records;
using DataSync.Pipeline.Documents;

namespace DataSync.Export.Coco;

/// <summary>
/// JSON may say half of a surrogate pair (<c>"\ud800"</c>), and a file may hold bytes that are no UTF-8. Neither is text to anything that reads strings, and a name is compared
/// as a string. So such bytes are mended before they are parsed: U+FFFD stands for what is no character.
/// </summary>
internal static class TornText
{
    /// <summary>Places that are named of one piece of a file.</summary>
    private const int MostPlaces = 1_000;

    /// <summary>Levels that a place names: what lies deeper is named by what it lies in.</summary>
    private const int MostLevels = 64;

    /// <summary>The same JSON with text throughout; null where it is that already.</summary>
    public static byte[]? Mended(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        else if (HalfEscapes.Next(json, 0) < 0) return null;
        var mended = json.ToArray();
        HalfEscapes.Mend(mended);
        return mended;
    }

    /// <summary>Whether the inside of a JSON string is no text.</summary>
    public static bool IsTorn(ReadOnlySpan<byte> inside) => HalfEscapes.Next(inside, 0) >= 0 || !Utf8.IsValid(inside);

    /// <summary>The inside of a JSON string as it can be shown: a half keeps its escape.</summary>
    public static string Shown(ReadOnlySpan<byte> inside)
    {
        var text = new byte[inside.Length];
        return Encoding.UTF8.GetString(text.AsSpan(0, JsonText.Unescape(inside, text)));
    }

    /// <summary>JSON paths of the names and texts of a value that are no text; the first of them where there are very many.</summary>
    /// <param name="json">The value.</param>
    /// <param name="root">Its own path.</param>
    public static IReadOnlyList<string> PlacesIn(ReadOnlySpan<byte> json, string root)
    {
        List<string> places = [];
        List<Level> levels = [];
        var reader = new Utf8JsonReader(json, isFinalBlock: true, new JsonReaderState(JsonMembers.AnyDepth));
        while (places.Count < MostPlaces && reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                levels.RemoveAt(levels.Count - 1);
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName) levels[^1] = levels[^1] with { Start = (int)reader.TokenStartIndex + 1, Length = reader.ValueSpan.Length };
            else if (levels is [.., { IsList: true } list]) levels[^1] = list with { Index = list.Index + 1 };
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && IsTorn(reader.ValueSpan)) places.Add(PathOf(json, root, levels));
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) levels.Add(new Level(reader.TokenType == JsonTokenType.StartArray, -1, 0, 0));
        }

        return places;
    }

    private static string PathOf(ReadOnlySpan<byte> json, string root, List<Level> levels)
    {
        var path = new StringBuilder(root);
        foreach (var level in levels.Take(MostLevels))
        {
            if (level.IsList) path.Append(System.Globalization.CultureInfo.InvariantCulture, $"[{level.Index}]");
            else path.Append('.').Append(Shown(json.Slice(level.Start, level.Length)));
        }

        return path.ToString();
    }

    /// <summary>An object or list that a place lies in.</summary>
    /// <param name="IsList">A list, whose elements are counted.</param>
    /// <param name="Index">The element.</param>
    /// <param name="Start">Where the member's name stands.</param>
    /// <param name="Length">Its bytes.</param>
    private readonly record struct Level(bool IsList, int Index, int Start, int Length);
}
