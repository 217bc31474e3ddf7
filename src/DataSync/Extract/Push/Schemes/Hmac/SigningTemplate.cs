using System.Diagnostics.CodeAnalysis;

namespace DataSync.Extract.Push.Schemes.Hmac;

/// <summary>
/// What is signed, as a text with <c>{body}</c> once and <c>{timestamp}</c> and <c>{id}</c> where they belong. What is the same for each request, such as the method or the address as
/// the provider knows it, stands in it as it is.
/// </summary>
internal sealed class SigningTemplate
{
    public const int Longest = 1000;
    private const string Body = "{body}", Id = "{id}";

    private readonly string _before, _after;

    private SigningTemplate(string before, string after) => (_before, _after) = (before, after);

    public bool HasTimestamp => Has("{timestamp}");

    public bool HasId => Has(Id);

    public static bool TryParse(string text, [NotNullWhen(true)] out SigningTemplate? template)
    {
        template = null;
        var at = text.IndexOf(Body, StringComparison.Ordinal);
        if (text.Length > Longest || at < 0 || text.Any(c => c is (< ' ' or > '~') and not ('\n' or '\r' or '\t'))) return false;
        var parsed = new SigningTemplate(text[..at], text[(at + Body.Length)..]);

        // what is left once all that is known is taken out may hold no brace: a misspelt name would be signed as it stands
        var rest = parsed.Before("", "") + parsed.After("", "");
        if (rest.AsSpan().ContainsAny('{', '}')) return false;
        template = parsed;
        return true;
    }

    public string Before(string timestamp, string id) => Fill(_before, timestamp, id);

    public string After(string timestamp, string id) => Fill(_after, timestamp, id);

    /// <summary>
    /// Whether the signed text tells where such an id ends, if a time comes behind it: with <c>{id}.{timestamp}</c>, <c>1.2</c> and <c>3</c> are signed as <c>1</c> and <c>2.3</c> are. From a
    /// body nothing can be taken: neither what is left of a JSON document nor one with something before it is one.
    /// </summary>
    public bool Delimits(string id)
    {
        var whole = _before + Body + _after;
        var at = whole.IndexOf(Id, StringComparison.Ordinal);
        if (at < 0 || whole.IndexOf("{timestamp}", at, StringComparison.Ordinal) < 0) return true;
        var behind = whole[at + Id.Length];
        return behind == '{' || !id.Contains(behind, StringComparison.Ordinal);
    }

    /// <summary>In one pass: what a header holds is never read as a name.</summary>
    private static string Fill(string part, string timestamp, string id)
        => string.Concat(part.Split("{timestamp}").Select(p => p.Replace(Id, id, StringComparison.Ordinal)).SelectMany((p, i) => i == 0 ? [p] : new[] { timestamp, p }));

    private bool Has(string name) => _before.Contains(name, StringComparison.Ordinal) || _after.Contains(name, StringComparison.Ordinal);
}
