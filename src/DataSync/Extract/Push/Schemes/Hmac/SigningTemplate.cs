using System.Diagnostics.CodeAnalysis;

namespace DataSync.Extract.Push.Schemes.Hmac;

/// <summary>What is signed, as a text with <c>{body}</c> once and <c>{timestamp}</c> and <c>{id}</c> where they belong.</summary>
internal sealed class SigningTemplate
{
    public const int Longest = 200;
    private const string Body = "{body}";

    private readonly string _before, _after;

    private SigningTemplate(string before, string after) => (_before, _after) = (before, after);

    public bool HasTimestamp => Has("{timestamp}");

    public bool HasId => Has("{id}");

    public static bool TryParse(string text, [NotNullWhen(true)] out SigningTemplate? template)
    {
        template = null;
        var at = text.IndexOf(Body, StringComparison.Ordinal);
        if (text.Length > Longest || at < 0 || text.Any(c => c is < ' ' or > '~')) return false;
        var parsed = new SigningTemplate(text[..at], text[(at + Body.Length)..]);

        // what is left once all that is known is taken out may hold no brace: a misspelt name would be signed as it stands
        var rest = parsed.Before("", "") + parsed.After("", "");
        if (rest.AsSpan().ContainsAny('{', '}')) return false;
        template = parsed;
        return true;
    }

    public string Before(string timestamp, string id) => Fill(_before, timestamp, id);

    public string After(string timestamp, string id) => Fill(_after, timestamp, id);

    /// <summary>In one pass: what a header holds is never read as a name.</summary>
    private static string Fill(string part, string timestamp, string id)
        => string.Concat(part.Split("{timestamp}").Select(p => p.Replace("{id}", id, StringComparison.Ordinal)).SelectMany((p, i) => i == 0 ? [p] : new[] { timestamp, p }));

    private bool Has(string name) => _before.Contains(name, StringComparison.Ordinal) || _after.Contains(name, StringComparison.Ordinal);
}
