using System.Collections.Frozen;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>
/// Knows by a member's name that its value opens a door, whatever the value looks like. Where in doubt it does: a value that is hidden needlessly comes back in the answer, one
/// that was sent does not. Case and what parts the words (<c>apiKey</c>, <c>api-key</c>, <c>APIKEY</c>) do not matter.
/// </summary>
internal static class CredentialNames
{
    /// <summary>Words that mean one by themselves.</summary>
    private static readonly FrozenSet<string> Words = FrozenSet.Create(
        StringComparer.Ordinal,
        "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pswd", "secret", "secrets", "token", "tokens", "authorization", "bearer", "credential", "credentials", "creds",
        "jwt", "otp", "totp", "cvv", "cvc", "passwort", "kennwort", "contraseña", "contrasena", "senha", "пароль");

    /// <summary>Endings of words that were written together, such as <c>dbpassword</c>; and beginnings, such as <c>passwordhash</c>.</summary>
    private static readonly string[] Endings = ["password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "credentials", "passwort", "kennwort"];
    private static readonly string[] Beginnings = ["password", "passwd"];

    /// <summary>Keys that open something, the words written together.</summary>
    private static readonly string[] Keys =
    [
        "apikey", "accesskey", "privatekey", "privkey", "secretkey", "signingkey", "encryptionkey", "authkey", "masterkey", "sshkey", "accountkey", "sharedkey", "subscriptionkey", "servicekey",
        "motdepasse", "userpass", "dbpass", "smtppass", "ftppass", "sshpass", "adminpass", "loginpass", "mypass",
    ];

    /// <summary>Languages that put no spaces between words.</summary>
    private static readonly string[] Unspaced = ["密码", "密碼", "口令", "密钥", "密鑰", "私钥", "私鑰", "令牌", "凭据", "憑據", "パスワード", "비밀번호"];

    /// <summary>What counts, measures or dates a credential.</summary>
    private static readonly FrozenSet<string> Measures = FrozenSet.Create(
        StringComparer.Ordinal,
        "count", "counts", "total", "length", "size", "limit", "max", "min", "usage", "used", "cost", "attempts", "retries", "version", "strength", "score", "age", "days", "hours", "minutes", "seconds", "ttl",
        "at", "on", "in", "date", "time", "timestamp", "expires", "expiry", "expiration", "expire", "exp", "changed", "updated", "created", "issued", "rotated", "since", "until", "iat");

    private static readonly string[] UnspacedMeasures = ["时间", "時間", "日期", "次数", "次數", "数量", "數量", "长度", "長度", "有效期", "过期", "過期"];

    /// <summary>What the name of a member says of its value.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="around">What was said of the object it stands in: what is inside a credential is one as well.</param>
    public static Secrecy Of(string name, Secrecy around)
    {
        var words = WordsOf(name);
        var measures = words.Exists(Measures.Contains) || Array.Exists(UnspacedMeasures, m => name.Contains(m, StringComparison.Ordinal));
        if (!Means(name, words)) return around == Secrecy.Credential && measures ? Secrecy.Measure : around;

        // Many tokens are what models are paid by: where they are a number, they are counted.
        return measures || words.Contains("tokens") ? Secrecy.Measure : Secrecy.Credential;
    }

    private static bool Means(string name, List<string> words)
    {
        if (words.Exists(w => Words.Contains(w) || Array.Exists(Endings, e => w.EndsWith(e, StringComparison.Ordinal)) || Array.Exists(Beginnings, b => w.StartsWith(b, StringComparison.Ordinal)))) return true;
        var joined = string.Concat(words);
        return joined == "pass" || Array.Exists(Keys, k => joined.Contains(k, StringComparison.Ordinal)) || Array.Exists(Unspaced, u => name.Contains(u, StringComparison.Ordinal));
    }

    /// <summary>The words of a name in small letters: parted by all that is no letter, and where small letters turn to capitals.</summary>
    private static List<string> WordsOf(string name)
    {
        var words = new List<string>();
        var from = 0;
        for (var i = 0; i <= name.Length; i++)
        {
            var isEnd = i == name.Length || !char.IsLetter(name[i]);
            var isTurn = !isEnd && i > from && char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (!isEnd && !isTurn) continue;
            if (i > from) words.Add(name[from..i].ToLowerInvariant());
            from = isEnd ? i + 1 : i;
        }

        return words;
    }
}

/// <summary>What is known of a value before it is looked at.</summary>
internal enum Secrecy
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It counts or dates a credential: numbers and dates are sent, other texts are not.</summary>
    Measure,

    /// <summary>It opens a door.</summary>
    Credential,
}
