using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>
/// Finds what names a person or opens a door in a text: by pattern, and by its check digits where it has any, so that an order's number is not taken for a card. Every pattern
/// runs in time linear in the text. Names of people are not found: no pattern can.
/// </summary>
internal static class PersonalData
{
    /// <summary>In order: what stands first wins where two overlap.</summary>
    private static readonly Recogniser[] Recognisers =
    [
        new("TEXT", @"<[A-Z]+_[0-9]+>", static _ => true, Bounded: false),
        new("SECRET", @"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s]*(-----END [A-Z ]*PRIVATE KEY-----)?", static _ => true, Bounded: false),
        new("SECRET", @"\b(sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bey[A-Za-z0-9_-]{8,}\.ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+", static _ => true, Bounded: false),
        new("SECRET", @"(?i:((\b|[_-])pass|pass(word|wd|phrase)|pwd|secret|token|(api|access|private)[-_ ]?key|authorization|bearer|密码|口令|密钥|密碼|密鑰)\b?['""]?\s*(:|=|：|is )\s*['""]?(bearer |basic )?)(?<value>[^\s'"",;<>]{4,})", static _ => true, Bounded: false),
        new("SECRET", @"(?i:\bbearer\s+)(?<value>[A-Za-z0-9._~+/=-]{8,})", IsRandom, Bounded: false),
        new("SECRET", @"(?i:\bbasic\s+)(?<value>[A-Za-z0-9+/]{6,}={0,2})", IsBasic, Bounded: false),
        new("SECRET", @"[a-zA-Z][a-zA-Z0-9+.-]*://(?<value>[^\s/@:<>]+:[^\s/@<>]+)@", static _ => true, Bounded: false),
        new("EMAIL", @"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+", static _ => true, Bounded: false),
        new("IBAN", @"[A-Z]{2}[0-9]{2}([ -]?[A-Z0-9]){11,30}", CheckDigits.IsIban, Bounded: true),
        new("ID", @"[1-9][0-9]{16}[0-9Xx]", CheckDigits.IsChineseId, Bounded: true),
        new("CARD", @"[0-9]([ -]?[0-9]){12,18}", CheckDigits.IsCard, Bounded: true),
        new("ID", @"[0-9]{3}-[0-9]{2}-[0-9]{4}", CheckDigits.IsSocialSecurity, Bounded: true),
        new("IP", @"[0-9]{1,3}(\.[0-9]{1,3}){3}", static text => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork, Bounded: true),
        new("IP", @"[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}", static text => text.Count(char.IsAsciiHexDigit) >= 3 && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6, Bounded: true),
        new("PHONE", @"(\+|00)[1-9][0-9]{0,2}([ .()/-]{0,2}[0-9]){6,13}", static _ => true, Bounded: true),
        new("PHONE", @"1[3-9][0-9]([ -]?[0-9]{4}){2}", static _ => true, Bounded: true),
        new("PHONE", @"[2-9][0-9]{2}[ .-][2-9][0-9]{2}[ .-][0-9]{4}", static _ => true, Bounded: true),
        new("PHONE", @"\([2-9][0-9]{2}\)[ .-]?[2-9][0-9]{2}[ .-][0-9]{4}", static _ => true, Bounded: true), // by itself: with an optional parenthesis in front, one anywhere before made the engine miss the number
        new("PHONE", @"0[0-9]{2,4}[ /-][0-9]{3,4}[ -]?[0-9]{3,5}", static _ => true, Bounded: true),
    ];

    /// <summary>The finds in a text, in order, none within another.</summary>
    public static List<Find> In(string text)
    {
        List<Find> found = [], all = [];
        foreach (var recogniser in Recognisers)
        {
            all.Clear();
            if (recogniser.HasLead)
            {
                recogniser.AddBehindLeads(text, found, all);
                all.AddRange(found);
                all.Sort(static (a, b) => a.Start.CompareTo(b.Start));
                (found, all) = (all, found);
                continue;
            }

            var from = 0;
            foreach (var known in found)
            {
                recogniser.Add(text, from, known.Start, all);
                all.Add(known);
                from = known.Start + known.Length;
            }

            recogniser.Add(text, from, text.Length, all);
            (found, all) = (all, found);
        }

        return found;
    }

    /// <summary>What follows "bearer" or "the password is" in prose is a word.</summary>
    public static bool IsRandom(string text) => text.Any(char.IsAsciiDigit) || text.Length >= 24;

    /// <summary>HTTP's basic credentials: user and password in Base64.</summary>
    private static bool IsBasic(string text)
    {
        Span<byte> plain = stackalloc byte[256];
        return text.Length > 340 || (Convert.TryFromBase64String(text, plain, out var length) && plain[..length].Contains((byte)':'));
    }

    /// <summary>A stretch of a text.</summary>
    internal readonly record struct Find(string Kind, int Start, int Length);

    /// <summary>Knows one kind.</summary>
    /// <param name="Kind">The placeholder's word.</param>
    /// <param name="Expression">What it looks like; a group <c>value</c>, where there is one, is the part that counts.</param>
    /// <param name="Check">Whether it is one.</param>
    /// <param name="Bounded">It is none where a letter or digit stands at either side.</param>
    private sealed record Recogniser(string Kind, string Expression, Func<string, bool> Check, bool Bounded)
    {
        public Regex Pattern { get; } = new(Expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

        /// <summary>Whether something before the value says what it is; that may lie in another find.</summary>
        public bool HasLead { get; } = Expression.Contains("(?<value>", StringComparison.Ordinal);

        /// <summary>Adds the finds whose values no other has found. What overlaps one is passed over with it, so nothing is looked through again and again.</summary>
        public void AddBehindLeads(string text, List<Find> known, List<Find> all)
        {
            var (from, at) = (0, 0);
            while (from < text.Length && Pattern.Match(text, from) is { Success: true } match)
            {
                var find = Accepted(text, match);
                if (find.Length == 0)
                {
                    from = match.Index + 1;
                    continue;
                }

                while (at < known.Count && known[at].Start + known[at].Length <= find.Start) at++;
                var isFree = at == known.Count || known[at].Start >= find.Start + find.Length;
                if (isFree) all.Add(find);
                from = isFree ? find.Start + find.Length : known[at].Start + known[at].Length;
            }
        }

        /// <summary>Adds the finds between two places. Only what no other has found is looked through, so nothing is looked through again and again.</summary>
        public void Add(string text, int from, int to, List<Find> all)
        {
            while (from < to && Pattern.Match(text, from, to - from) is { Success: true } match)
            {
                var find = Accepted(text, match);
                if (find.Length > 0) all.Add(find);

                // What is none may hide one that begins within it.
                from = find.Length > 0 ? find.Start + find.Length : match.Index + 1;
            }
        }

        /// <summary>The stretch that is one: the longest beginning of the match that passes; of no length where none does.</summary>
        public Find Accepted(string text, Match match)
        {
            var part = match.Groups["value"] is { Success: true } value ? value : (Group)match;
            if (!Bounded) return Check(part.Value) ? new Find(Kind, part.Index, part.Length) : default;
            if (part.Index > 0 && char.IsAsciiLetterOrDigit(text[part.Index - 1])) return default;
            for (var end = part.Index + part.Length; end > part.Index + 6; end--)
            {
                if (end < text.Length && char.IsAsciiLetterOrDigit(text[end])) continue;
                if (char.IsLetterOrDigit(text[end - 1]) && Check(text[part.Index..end])) return new Find(Kind, part.Index, end - part.Index);
            }

            return default;
        }
    }
}
