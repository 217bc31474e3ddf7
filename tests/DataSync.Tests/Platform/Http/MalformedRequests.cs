using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataSync.Tests.Platform.Http;

/// <summary>One wrong request and what it must be answered with.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Status">Status of the problem.</param>
/// <param name="Key">Its <c>message_key</c>.</param>
/// <param name="Body">The bytes sent.</param>
/// <param name="ContentType">The header; null for none.</param>
/// <param name="Encoding">Content-Encoding; null for none.</param>
/// <param name="Faults">Every fault that must be named, as <c>path key</c>.</param>
public sealed record MalformedRequest(
    string Name, int Status, string Key, byte[] Body, string? ContentType = "application/json", string? Encoding = null, params string[] Faults)
{
    public override string ToString() => Name;
}

/// <summary>
/// Wrong requests made from a right one, for any endpoint that takes a strict body: give a valid body and the name of one of its required text members.
/// Send them with <c>Expect: 100-continue</c>: one is too large, and the server closes on it.
/// </summary>
public static class MalformedRequests
{
    private const string Invalid = "errors.request.invalid", NotJson = "errors.request.not_json", NotUtf8 = "errors.request.not_utf8";
    private const string MediaType = "errors.request.media_type", TooLarge = "errors.request.too_large";

    public static IReadOnlyList<MalformedRequest> For(string validJson, string textMember)
        => [.. Headers(validJson), .. Bytes(validJson), .. Syntax(validJson), .. Sizes(validJson, textMember), .. Members(validJson, textMember)];

    private static IEnumerable<MalformedRequest> Headers(string valid)
    {
        var body = Encoding.UTF8.GetBytes(valid);
        string?[] types =
        [
            null, "text/plain", "application/xml", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1", "application/jsonx", "*/*",
        ];
        foreach (var type in types) yield return new($"content type {type ?? "absent"}", 415, MediaType, body, type);
        yield return new("content encoding gzip of a body that is plain", 400, "errors.request.encoding_broken", body, Encoding: "gzip");
        yield return new("content encoding br of a body that is plain", 400, "errors.request.encoding_broken", body, Encoding: "br");
        yield return new("content encoding gzip cut off", 400, "errors.request.encoding_broken", Gzip(body)[..^12], Encoding: "gzip");
        yield return new("content encoding gzip without its end", 400, "errors.request.encoding_broken", Gzip(body)[..^8], Encoding: "gzip");
        yield return new("content encoding gzip of a bomb", 413, TooLarge, Gzip(new byte[64 * 1024 * 1024]), Encoding: "gzip");
        yield return new("content encoding of two layers", 415, "errors.request.encoding", body, Encoding: "gzip, gzip");
        yield return new("content encoding unknown", 415, "errors.request.encoding", body, Encoding: "rot13");
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var into = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(into, System.IO.Compression.CompressionLevel.Fastest)) gzip.Write(bytes);
        return into.ToArray();
    }

    private static IEnumerable<MalformedRequest> Bytes(string valid)
    {
        var body = Encoding.UTF8.GetBytes(valid);
        yield return new("empty body", 400, "errors.request.empty", []);
        yield return new("byte order mark", 400, NotUtf8, [0xEF, 0xBB, 0xBF, .. body]);
        yield return new("UTF-16 little-endian with mark", 400, NotUtf8, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(valid)]);
        yield return new("UTF-16 big-endian with mark", 400, NotUtf8, [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(valid)]);
        yield return new("UTF-16 without mark", 400, NotJson, Encoding.Unicode.GetBytes(valid));
        yield return new("UTF-32", 400, NotUtf8, [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(valid)]);
        yield return new("Latin-1 letter", 400, NotUtf8, [.. "{\"a\":\""u8, 0xE9, .. "\"}"u8]);
        yield return new("overlong slash", 400, NotUtf8, [.. "{\"a\":\""u8, 0xC0, 0xAF, .. "\"}"u8]);
        yield return new("surrogate as UTF-8", 400, NotUtf8, [.. "{\"a\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8]);
        yield return new("code point too high", 400, NotUtf8, [.. "{\"a\":\""u8, 0xF5, 0x80, 0x80, 0x80, .. "\"}"u8]);
        yield return new("truncated in the middle of a character", 400, NotUtf8, [.. "{\"a\":\""u8, 0xE4, 0xBD]);
        yield return new("bytes of a gzip file", 400, NotUtf8, [0x1F, 0x8B, 0x08, 0x00, 0xFF, 0xFF]);
        yield return new("NUL bytes", 400, NotJson, new byte[16]);
    }

    private static IEnumerable<MalformedRequest> Syntax(string valid)
    {
        (string Name, string Body)[] cases =
        [
            ("white space only", " \r\n\t "), ("truncated", valid[..^1]), ("half", valid[..(valid.Length / 2)]), ("trailing text", valid + "x"), ("two documents", valid + valid),
            ("trailing comma", valid.TrimEnd()[..^1] + ",}"), ("comment", "/* a */" + valid), ("single quotes", "{'a':1}"), ("name without quotes", "{a:1}"), ("NaN", """{"a":NaN}"""),
            ("Infinity", """{"a":-Infinity}"""), ("leading zero", """{"a":01}"""), ("leading plus", """{"a":+1}"""), ("hexadecimal", """{"a":0x1F}"""), ("bare point", """{"a":1.}"""),
            ("raw newline in text", "{\"a\":\"\n\"}"), ("bad escape", """{"a":"\x41"}"""), ("short unicode escape", """{"a":"\u12"}"""), ("form", "source_id=a&b=c"), ("XML", "<a/>"),
            ("Python's words", """{"a":None}"""), ("missing colon", """{"a" 1}"""), ("mismatched brackets", """{"a":[1}"""),
        ];
        foreach (var (name, body) in cases) yield return new(name, 400, NotJson, Encoding.UTF8.GetBytes(body));
        (string Name, string Body)[] roots = [("array", "[]"), ("text", "\"a\""), ("number", "1"), ("null", "null"), ("true", "true"), ("array of the body", $"[{valid}]")];
        foreach (var (name, body) in roots) yield return new($"root is {name}", 422, Invalid, Encoding.UTF8.GetBytes(body), Faults: " faults.object");
    }

    private static IEnumerable<MalformedRequest> Sizes(string valid, string member)
    {
        yield return new("65 levels deep", 400, "errors.request.too_deep", With(valid, "deep", new string('[', 64) + new string(']', 64)));
        yield return new("100,000 brackets", 400, "errors.request.too_deep", Encoding.UTF8.GetBytes(new string('[', 100_000)));
        yield return new("100,000 objects", 400, "errors.request.too_deep", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));
        yield return new("larger than a mebibyte", 413, TooLarge, With(valid, "padding", $"\"{new string('a', 1 << 20)}\""));
        yield return new("text of 256 code points", 422, Invalid, Set(valid, member, new string('a', 256)), Faults: $"/{member} faults.length");
        yield return new("text of 256 emoji", 422, Invalid, Set(valid, member, string.Concat(Enumerable.Repeat("😀", 256))), Faults: $"/{member} faults.length");
        yield return new("10,000 unknown members", 422, Invalid, WithMany(valid, 10_000), Faults: ["/unknown_0 faults.unknown", "/unknown_199 faults.unknown", " faults.too_many"]);
        yield return new("name of 10,000 characters", 422, Invalid, With(valid, new string('n', 10_000), "1"), Faults: $"/{new string('n', 100)}… faults.unknown");
    }

    private static IEnumerable<MalformedRequest> Members(string valid, string member)
    {
        (string Name, string Json)[] noText = [("number", "1"), ("huge number", "1e999999"), ("number of 400 digits", new string('9', 400)), ("true", "true"), ("list", "[\"a\"]"), ("object", "{\"a\":\"b\"}")];
        foreach (var (name, json) in noText) yield return new($"{name} for text", 422, Invalid, Replace(valid, member, json), Faults: $"/{member} faults.string");
        yield return new("empty object", 422, Invalid, "{}"u8.ToArray(), Faults: $"/{member} faults.required");
        yield return new("required member absent", 422, Invalid, Without(valid, member), Faults: $"/{member} faults.required");
        yield return new("required member null", 422, Invalid, Replace(valid, member, "null"), Faults: $"/{member} faults.required");
        yield return new("empty text", 422, Invalid, Set(valid, member, ""), Faults: $"/{member} faults.length");
        yield return new("NUL in text", 422, Invalid, Replace(valid, member, "\"a\\u0000b\""), Faults: $"/{member} faults.nul");
        yield return new("lone high surrogate", 422, Invalid, Replace(valid, member, "\"\\ud800\""), Faults: $"/{member} faults.surrogate");
        yield return new("lone low surrogate", 422, Invalid, Replace(valid, member, "\"\\udc00x\""), Faults: $"/{member} faults.surrogate");
        yield return new("member twice", 422, Invalid, With(valid, member, "\"again\""), Faults: $"/{member} faults.duplicate");
        yield return new("member twice, once escaped", 422, Invalid, With(valid, $"\\u{(int)member[0]:x4}{member[1..]}", "\"again\""), Faults: $"/{member} faults.duplicate");
        yield return new("member in another case", 422, Invalid, With(valid, member.ToUpperInvariant(), "\"a\""), Faults: $"/{member.ToUpperInvariant()} faults.unknown");
        yield return new("prototype pollution", 422, Invalid, With(valid, "__proto__", """{"a":1}"""), Faults: "/__proto__ faults.unknown");
        yield return new("name with slash and tilde", 422, Invalid, With(valid, "a/b~c", "1"), Faults: "/a~1b~0c faults.unknown");
        yield return new("empty name", 422, Invalid, With(valid, "", "1"), Faults: "/ faults.unknown");
        yield return new("another tenant", 403, "errors.tenant.mismatch", With(valid, "tenant_id", "\"somebody else\""), Faults: "/tenant_id errors.tenant.mismatch");
        yield return new("tenant as number", 422, Invalid, With(valid, "tenant_id", "1"), Faults: "/tenant_id faults.string");
        yield return new(
            "several faults at once", 422, Invalid, Encoding.UTF8.GetBytes($$"""{"{{member}}":1,"no_such_a":1,"no_such_b":{},"no_such_a":2}"""),
            Faults: [$"/{member} faults.string", "/no_such_a faults.unknown", "/no_such_b faults.unknown", "/no_such_a faults.duplicate"]);
    }

    private static byte[] Set(string valid, string member, string text) => Replace(valid, member, JsonSerializer.Serialize(text));

    /// <summary>As text, so that what no JSON writer writes can be sent.</summary>
    private static byte[] With(string valid, string name, string json) => Encoding.UTF8.GetBytes($"{valid.TrimEnd()[..^1]},\"{name}\":{json}}}");

    private static byte[] WithMany(string valid, int count)
        => Encoding.UTF8.GetBytes(valid.TrimEnd()[..^1] + string.Concat(Enumerable.Range(0, count).Select(i => $",\"unknown_{i}\":{i}")) + "}");

    private static byte[] Without(string valid, string member)
    {
        var root = JsonNode.Parse(valid)!.AsObject();
        root.Remove(member);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static byte[] Replace(string valid, string member, string json)
    {
        const string mark = "\"\\u0001\\u0001replaced\"";
        var root = JsonNode.Parse(valid)!.AsObject();
        root[member] = "\u0001\u0001replaced";
        return Encoding.UTF8.GetBytes(root.ToJsonString().Replace(mark, json, StringComparison.Ordinal));
    }
}
