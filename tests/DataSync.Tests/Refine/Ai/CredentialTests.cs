using System.Text.Json;
using DataSync.Refine.Ai.Privacy;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Refine.Ai;

/// <summary>What opens a door is known by its member's name, or by the word before it.</summary>
public sealed class CredentialTests
{
    [Theory]
    [InlineData("password")]
    [InlineData("Passwd")]
    [InlineData("user_pwd")]
    [InlineData("pass")]
    [InlineData("db-pass")]
    [InlineData("userPassword")]
    [InlineData("password_hash")]
    [InlineData("client_secret")]
    [InlineData("clientSecret")]
    [InlineData("token")]
    [InlineData("tokens")]
    [InlineData("refreshtoken")]
    [InlineData("token_count")]
    [InlineData("api_key")]
    [InlineData("API-Key")]
    [InlineData("x-api-key")]
    [InlineData("apikey")]
    [InlineData("APIKey2")]
    [InlineData("aws.secret.access.key")]
    [InlineData("accessKeyId")]
    [InlineData("private key")]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("credentials")]
    [InlineData("密码")]
    [InlineData("登录口令")]
    [InlineData("支付密钥")]
    [InlineData("密碼")]
    [InlineData("Passwort")]
    public void Text_under_a_name_that_means_a_credential_is_hidden_whole(string name)
    {
        foreach (var value in (string[])["correct-horse", "abcd1234efgh", "ab c d", "x"])
        {
            var record = Of(new Dictionary<string, object> { ["user"] = "bob", [name] = value });
            Assert.Equal($$"""{"user":"bob","{{name}}":"<SECRET_1>"}""", record.Text);
            Assert.Equal(value, Restored(record).GetProperty(name).GetString());
        }
    }

    [Theory]
    [InlineData("""{"pwd":123456,"otp":"000123"}""", """{"pwd":"<SECRET_1>","otp":"<SECRET_2>"}""")]
    [InlineData("""{"tokens":["a1","b2"],"secret":{"kind":"k","data":{"n":7}}}""", """{"tokens":["<SECRET_1>","<SECRET_2>"],"secret":{"kind":"<SECRET_3>","data":{"n":"<SECRET_4>"}}}""")]
    [InlineData("""{"password":"hunter22","again":{"password":"hunter22"}}""", """{"password":"<SECRET_1>","again":{"password":"<SECRET_1>"}}""")]
    [InlineData("""{"headers":[{"name":"Authorization","value":"abc"},{"name":"Accept","value":"abc"}]}""", """{"headers":[{"name":"Authorization","value":"<SECRET_1>"},{"name":"Accept","value":"abc"}]}""")]
    [InlineData("""{"password":"anna@example.com"}""", """{"password":"<SECRET_1>"}""")]
    public void Numbers_lists_and_objects_under_such_a_name_are_hidden_too(string record, string hidden)
        => Assert.Equal(hidden, ShieldedRecord.Of(System.Text.Encoding.UTF8.GetBytes(record), null).Text);

    [Theory]
    [InlineData("""{"token_count":412,"max_tokens":4096,"tokens":12}""")]
    [InlineData("""{"password_changed_at":"2026-01-31T10:00:00Z","passwordExpires":"2026-01-31","token_expiry":1767225600}""")]
    [InlineData("""{"token_usage":{"input":12,"output":3}}""")]
    [InlineData("""{"has_password":true,"password":null,"secret":""}""")]
    [InlineData("""{"secretary":"Bob","author":"Ann","authorize":"yes","compass":"north","tokenizer":"bpe","keyword":"a","passenger":"Eve","public_key_kind":"rsa"}""")]
    [InlineData("""{"密码修改时间":"2026-01-31 10:00","令牌数量":3,"编码":"utf-8"}""")]
    public void What_a_name_only_counts_or_dates_stays(string record)
        => Assert.Equal(record, ShieldedRecord.Of(System.Text.Encoding.UTF8.GetBytes(record), null).Text);

    [Theory]
    [InlineData("Bearer 0123456789abcdef", "Bearer <SECRET_1>")]
    [InlineData("curl -H 'authorization:bearer 0123456789abcdef'", "curl -H 'authorization:bearer <SECRET_1>'")]
    [InlineData("Basic Ym9iOnMzY3JldA==", "Basic <SECRET_1>")]
    [InlineData("the bearer responsibilities of basic infrastructures", "the bearer responsibilities of basic infrastructures")]
    [InlineData("db_password=hunter22", "db_password=<SECRET_1>")]
    [InlineData("数据库密码：hunter22", "数据库密码：<SECRET_1>")]
    [InlineData("client_secret: hunter22", "client_secret: <SECRET_1>")]
    [InlineData("db_pass=hunter22, compass: north", "db_pass=<SECRET_1>, compass: north")]
    public void Text_that_names_what_follows_is_hidden_where_it_follows(string text, string hidden) => Assert.Equal(hidden, new Placeholders().Hide(text));

    [Theory]
    [InlineData("""{"note":"it is hunter22-x, twice hunter22-x.","password":"hunter22-x"}""", """{"note":"it is <SECRET_1>, twice <SECRET_1>.","password":"<SECRET_1>"}""")]
    [InlineData("""{"password":"hunter22-x","list":["ahunter22-xb",{"deep":"hunter22-x"}]}""", """{"password":"<SECRET_1>","list":["a<SECRET_1>b",{"deep":"<SECRET_1>"}]}""")]
    [InlineData("""{"password":"hunter22-x","note":"h\u0075nter22-x"}""", """{"password":"<SECRET_1>","note":"<SECRET_1>"}""")]
    [InlineData("""{"secrets":["correcthorse"],"note":"correcthorse"}""", """{"secrets":["<SECRET_1>"],"note":"<SECRET_1>"}""")]
    [InlineData("""{"password":"hunter22-x","by":{"hunter22-x":1}}""", """{"password":"<SECRET_1>","by":{"<SECRET_1>":1}}""")]
    [InlineData("""{"otp":12345678,"note":"code 12345678","same":12345678,"longer":1234567890}""", """{"otp":"<SECRET_1>","note":"code <SECRET_1>","same":"<SECRET_1>","longer":"<SECRET_2>"}""")]
    [InlineData("""{"headers":[{"name":"Authorization","value":"Bearer 0123456789abcdef"}],"note":"_0123456789abcdef_"}""", """{"headers":[{"name":"Authorization","value":"<SECRET_1>"}],"note":"_<SECRET_2>_"}""")]
    [InlineData("""{"note":"bare hunter22-x","log":"password: hunter22-x"}""", """{"note":"bare <SECRET_1>","log":"password: <SECRET_1>"}""")]
    [InlineData("""{"password":"p@ss;w0rd-9","log":"password: p@ss;w0rd-9"}""", """{"password":"<SECRET_1>","log":"password: <SECRET_1>"}""")]
    [InlineData("""{"secrets":["abcdefgh-1","efgh-1xyz"],"note":"abcdefgh-1xyz"}""", """{"secrets":["<SECRET_1>","<SECRET_2>"],"note":"<SECRET_3>"}""")]
    [InlineData("""{"password":"anna@example.com","note":"to anna@example.com.au now"}""", """{"password":"<SECRET_1>","note":"to <SECRET_2> now"}""")]
    public void Value_that_was_hidden_is_hidden_wherever_the_record_repeats_it(string record, string hidden)
    {
        var shielded = ShieldedRecord.Of(System.Text.Encoding.UTF8.GetBytes(record), null);
        Assert.Equal(hidden, shielded.Text);
        Assert.Equal(Texts(JsonElement.Parse(record)), Texts(Restored(shielded)));
    }

    [Theory]
    [InlineData("""{\"pw\":\"pä\\\"ss\\\\wörd/+\"}""")]
    [InlineData("""{\"pw\":\"p\\u00e4\\\"ss\\\\w\\u00f6rd/+\"}""")]
    [InlineData("""{\"pw\":\"p\\u00E4\\u0022ss\\\\w\\u00F6rd/\\u002B\"}""")]
    [InlineData("https://h/?pw=p%C3%A4%22ss%5Cw%C3%B6rd%2F%2B&x")]
    public void Value_that_was_hidden_is_hidden_as_json_and_addresses_write_it(string text)
    {
        var record = ShieldedRecord.Of(System.Text.Encoding.UTF8.GetBytes($$"""{"note":"{{text}}","password":"pä\"ss\\wörd/+"}"""), null);
        var note = JsonElement.Parse(record.Text).GetProperty("note").GetString()!;
        Assert.True(note.Contains("<SECRET_1>", StringComparison.Ordinal) && !note.Contains("rd", StringComparison.Ordinal) && !note.Contains("ss", StringComparison.Ordinal), note);
        Assert.Equal(JsonElement.Parse($"\"{text}\"").GetString(), Restored(record).GetProperty("note").GetString());
    }

    [Theory]
    [InlineData("""{"password":"hunter2","note":"hunter2"}""", """{"password":"<SECRET_1>","note":"hunter2"}""")]
    [InlineData("""{"note":"a password is required","more":"required fields"}""", """{"note":"a password is <SECRET_1>","more":"required fields"}""")]
    [InlineData("""{"authorization":{"status":"approved","code":"A1-7788-Z"},"note":"approved as A1-7788-Z"}""", """{"authorization":{"status":"<SECRET_1>","code":"<SECRET_2>"},"note":"approved as <SECRET_2>"}""")]
    [InlineData("""{"token_count":12345678,"note":"12345678"}""", """{"token_count":12345678,"note":"12345678"}""")]
    public void Short_values_words_of_prose_and_counts_stay_where_they_are_repeated(string record, string hidden)
        => Assert.Equal(hidden, ShieldedRecord.Of(System.Text.Encoding.UTF8.GetBytes(record), null).Text);

    [Fact]
    public void Value_of_a_member_that_is_not_sent_is_hidden_where_one_that_is_repeats_it()
        => Assert.Equal("""{"body":"it is <SECRET_1>"}""", ShieldedRecord.Of("""{"password":"hunter22-x","x":{"\ud800":1},"body":"it is hunter22-x"}"""u8, ["body"]).Text);

    [FsCheck.Xunit.Property(MaxTest = 300)]
    public Property Nothing_hidden_is_left_anywhere_and_all_comes_back()
    {
        var piece = Gen.Elements("a", "B", "7", "\"", "\\", "/", "ä", "密", "😀", "<", ">", "<SECRET_1>", " ", "\n", "@x.de", "+49", ":", "%");
        var text = piece.ListOf().Select(p => string.Concat(p));
        var cases = from secret in piece.ListOf(9).Select(p => string.Concat(p) + "-9aB") from before in text from after in text from other in text select (secret, before, after, other);
        return Prop.ForAll(cases.ToArbitrary(), c =>
        {
            if (c.secret.Length < RepeatedSecrets.Shortest) return;
            var document = JsonSerializer.SerializeToElement(new { note = c.before + c.secret + c.after, api_key = c.secret, list = new[] { c.other, c.secret + c.secret } });
            var record = ShieldedRecord.Of(System.Text.Encoding.UTF8.GetBytes(document.GetRawText()), null);
            Assert.All(Texts(JsonElement.Parse(record.Text)), t => Assert.DoesNotContain(c.secret, t, StringComparison.Ordinal));
            Assert.Equal(Texts(document), Texts(Restored(record)));
        });
    }

    /// <summary>All texts and numbers of a value, as texts.</summary>
    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => Texts(m.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        _ => [value.ToString()],
    };

    private static ShieldedRecord Of(object record) => ShieldedRecord.Of(JsonSerializer.SerializeToUtf8Bytes(record), null);

    private static JsonElement Restored(ShieldedRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) record.Restore(JsonElement.Parse(record.Text), json);
        return JsonElement.Parse(buffer.ToArray());
    }
}
