using System.Text;

namespace DataSync.Faults.Books;

/// <summary>Texts that lose something where bytes are cut, quoted or decoded carelessly.</summary>
internal static class PayloadText
{
    private static readonly string[] Parts = ["plain", "\"quoted\"", "back\\slash", "line\nbreak", "tab\t", "é", "中文", "🧵", "\u0001", "\u2028", "'", "\\u0041", "{}", ","];

    public static string Next(Random random)
    {
        var text = new StringBuilder();
        for (var parts = random.Next(1, 24); parts > 0; parts--) text.Append(Parts[random.Next(Parts.Length)]).Append(random.Next(1000));
        return text.ToString();
    }
}
