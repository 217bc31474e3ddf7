using System.Text.Json;
using DataSync.Refine.Ai.Privacy;

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

    private static ShieldedRecord Of(object record) => ShieldedRecord.Of(JsonSerializer.SerializeToUtf8Bytes(record), null);

    private static JsonElement Restored(ShieldedRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) record.Restore(JsonElement.Parse(record.Text), json);
        return JsonElement.Parse(buffer.ToArray());
    }
}
