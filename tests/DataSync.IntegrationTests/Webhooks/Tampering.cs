using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DataSync.IntegrationTests.Webhooks;

/// <summary>What somebody without the secret, or with an old request, could send instead. Every form must be refused.</summary>
internal static class Tampering
{
    /// <summary>Forms of a good delivery, by name. <paramref name="sign"/> makes one of another body, id, time and secret.</summary>
    public static IEnumerable<(string Name, SignedDelivery Delivery)> Of(SignedDelivery good, Func<byte[], DateTimeOffset, SignedDelivery> sign, Func<SignedDelivery> byAnother)
    {
        var (header, value, body, now) = (good.SignatureHeader, good.Headers[good.SignatureHeader], good.Body, DateTimeOffset.UtcNow);
        yield return ("first bit of the body flipped", good with { Body = Flip(body, 0) });
        yield return ("last bit of the body flipped", good with { Body = Flip(body, (body.Length * 8) - 1) });
        yield return ("a bit in the middle flipped", good with { Body = Flip(body, body.Length * 4) });
        yield return ("a blank behind the body", good with { Body = [.. body, (byte)' '] });
        yield return ("a line's end behind the body", good with { Body = [.. body, (byte)'\n'] });
        yield return ("a blank before the body", good with { Body = [(byte)' ', .. body] });
        yield return ("a byte order mark before the body", good with { Body = [0xef, 0xbb, 0xbf, .. body] });
        yield return ("body cut by a byte", good with { Body = body[..^1] });
        yield return ("body cut to half", good with { Body = body[..(body.Length / 2)] });
        yield return ("no body", good with { Body = [] });
        yield return ("another body", good with { Body = body.AsSpan().SequenceEqual("{}"u8) ? "[]"u8.ToArray() : "{}"u8.ToArray() });
        yield return ("body twice", good with { Body = [.. body, .. body] });
        yield return ("no signature", good.With(header, null));
        yield return ("empty signature", good.With(header, ""));
        yield return ("signed by another", byAnother());
        yield return ("signature of another body", good.With(header, sign("{\"other\":true}"u8.ToArray(), now).Headers[header]));
        yield return ("signature cut", good.With(header, Digits(value, s => s[..^4])));
        yield return ("signature with more behind it", good.With(header, Digits(value, s => s + "AAAA")));
        yield return ("first character of the signature changed", good.With(header, Digits(value, s => (s[0] == '0' ? '1' : '0') + s[1..])));
        yield return ("a character in the middle of the signature changed", good.With(header, Digits(value, s => s[..20] + (s[20] == 'a' ? 'b' : 'a') + s[21..])));
        yield return ("signature backwards", good.With(header, Digits(value, s => new string([.. s.Reverse()]))));
        yield return ("all zeros for a signature", good.With(header, Digits(value, s => new string(s.Length == 64 ? '0' : 'A', s.Length))));
        yield return ("hash without a key", good.With(header, Digits(value, s => Written(s, SHA256.HashData(body)))));
        yield return ("HMAC under an empty key", good.With(header, Digits(value, s => Written(s, HMACSHA256.HashData(Array.Empty<byte>(), body)))));
        yield return ("HMAC of nothing", good.With(header, Digits(value, s => Written(s, HMACSHA256.HashData(Encoding.UTF8.GetBytes(SignedDelivery.Secret), Array.Empty<byte>())))));
#pragma warning disable CA5350 // what old senders use, and nobody may
        yield return ("HMAC-SHA1", good.With(header, Digits(value, s => Written(s, HMACSHA1.HashData(Encoding.UTF8.GetBytes(SignedDelivery.Secret), body)))));
#pragma warning restore CA5350
        yield return ("HMAC-SHA512", good.With(header, Digits(value, s => Written(s, HMACSHA512.HashData(Encoding.UTF8.GetBytes(SignedDelivery.Secret), body)))));
        yield return ("no text at all for a signature", good.With(header, Digits(value, s => "not a signature")));
        if (good.Scheme is not ("shopify" or "stripe" or "standard-webhooks")) yield return ("prefix missing", good.With(header, value[(value.IndexOf('=', StringComparison.Ordinal) + 1)..]));
        if (good.Scheme is "github") yield return ("another algorithm named", good.With(header, value.Replace("sha256=", "sha1=", StringComparison.Ordinal)));
        if (good.Scheme is "stripe") yield return ("only the scheme v0", good.With(header, value.Replace("v1=", "v0=", StringComparison.Ordinal)));
        if (good.Scheme is "standard-webhooks") yield return ("only an asymmetric version", good.With(header, value.Replace("v1,", "v1a,", StringComparison.Ordinal)));
        if (good.Scheme is "stripe" or "standard-webhooks") yield return ("behind eight wrong ones", good.With(header, NineEntries(good.Scheme, value)));
        if (good.Scheme is "github" or "shopify") yield break;
        yield return ("too old", sign(body, now.AddSeconds(-400)));
        yield return ("a day old", sign(body, now.AddDays(-1)));
        yield return ("from the future", sign(body, now.AddSeconds(400)));
        var time = good.Headers.Keys.FirstOrDefault(k => k.EndsWith("timestamp", StringComparison.OrdinalIgnoreCase) || k == "X-Own-Time");
        if (time is null)
        {
            yield return ("time changed", good.With(header, value.Replace("t=", "t=1", StringComparison.Ordinal)));
            yield return ("time twice", good.With(header, value + $",t={now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}"));
            yield break;
        }

        yield return ("no time", good.With(time, null));
        yield return ("time changed", good.With(time, (long.Parse(good.Headers[time], CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture)));
        yield return ("time with a sign", good.With(time, "+" + good.Headers[time]));
        yield return ("time with a point", good.With(time, good.Headers[time] + ".0"));
        if (good.Headers.Keys.FirstOrDefault(k => k.EndsWith("-id", StringComparison.OrdinalIgnoreCase)) is { } id)
        {
            yield return ("another id", good.With(id, "another"));
            yield return ("no id", good.With(id, null));
            yield return ("an id with a point that takes the time's place", good.With(id, good.Headers[id] + "." + good.Headers[time]));
        }
    }

    private static byte[] Flip(byte[] bytes, int bit)
    {
        var flipped = bytes.ToArray();
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    /// <summary>Changes the signature's own text: the last longest run of it.</summary>
    private static string Digits(string header, Func<string, string> change)
    {
        var parts = header.Split(',', ' ');
        var longest = parts.Select(p => p[(p.IndexOf('=', StringComparison.Ordinal) is var i && i >= 0 && i < p.Length - 2 ? i + 1 : 0)..]).MaxBy(p => p.Length)!;
        return header.Replace(longest, change(longest), StringComparison.Ordinal);
    }

    private static string Written(string like, byte[] signature) => like.Length == 64 ? Convert.ToHexStringLower(signature) : Convert.ToBase64String(signature);

    private static string NineEntries(string scheme, string value)
    {
        var (separator, wrong) = scheme == "stripe" ? (",", "v1=" + new string('0', 64)) : (" ", "v1," + Convert.ToBase64String(new byte[32]));
        return scheme == "stripe"
            ? value.Insert(value.IndexOf("v1=", StringComparison.Ordinal), string.Concat(Enumerable.Repeat(wrong + separator, 8)))
            : string.Concat(Enumerable.Repeat(wrong + separator, 8)) + value;
    }
}
