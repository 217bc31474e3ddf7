using System.Text.Json;
using DataSync.Platform.Encryption;
using DataSync.Sources;

namespace DataSync.Tests.Sources;

public sealed class SourceCredentialsTests : IDisposable
{
    private const string Sent = """{"driver":"fake", "host":"db", "port": 5432.0, "password":"p\u00e4ss\u0000","token":["a", {"b":1e3}],"none":null}""";
    private static readonly HashSet<string> Secrets = new(StringComparer.Ordinal) { "password", "token", "none" };
    private static readonly SourceVersion Version = new("tenant", "orders", 4);
    private readonly DataKey _key = DataKey.Random(1);
    private readonly Dictionary<int, DataKey> _keys;

    public SourceCredentialsTests() => _keys = new() { [1] = _key };

    public void Dispose() => _key.Dispose();

    [Fact]
    public void TryOpen_what_was_sealed_gives_every_member_as_it_was_sent()
    {
        var sent = JsonElement.Parse(Sent);
        var stored = JsonElement.Parse(SourceCredentials.Seal(sent, Secrets, _key, Version));
        Assert.True(SourceCredentials.TryOpen(stored, Secrets, _keys, Version, out var opened));
        Assert.Equal(sent.EnumerateObject().Select(m => (m.Name, m.Value.GetRawText())), opened.EnumerateObject().Select(m => (m.Name, m.Value.GetRawText())));
    }

    [Fact]
    public void Seal_leaves_no_secret_and_keeps_the_rest_to_the_byte()
    {
        var text = SourceCredentials.Seal(JsonElement.Parse(Sent), Secrets, _key, Version);
        Assert.DoesNotContain("ss\\u0000", text, StringComparison.Ordinal);
        Assert.Contains("\"port\":5432.0,", text, StringComparison.Ordinal);
        Assert.Contains("\"none\":null", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Masked_hides_every_secret_and_all_but_the_driver_of_one_nobody_knows()
    {
        var stored = JsonElement.Parse(SourceCredentials.Seal(JsonElement.Parse(Sent), Secrets, _key, Version));
        Assert.Equal("""{"driver":"fake","host":"db","port":5432.0,"password":"***","token":"***","none":null}""", SourceCredentials.Masked(stored, Secrets).GetRawText());
        Assert.Equal("""{"driver":"fake","host":"***","port":"***","password":"***","token":"***","none":null}""", SourceCredentials.Masked(stored, null).GetRawText());
    }

    [Fact]
    public void Masked_hides_a_secret_that_stands_there_unsealed()
        => Assert.Equal("""{"driver":"fake","password":"***"}""", SourceCredentials.Masked(JsonElement.Parse("""{"driver":"fake","password":"plain"}"""), Secrets).GetRawText());

    [Theory]
    [InlineData("\"host\":\"db\"", "\"host\":\"evil\"")]
    [InlineData("\"port\":5432.0", "\"port\":5433.0")]
    [InlineData("\"driver\":\"fake\",", "\"driver\":\"fake\",\"proxy\":\"evil\",")]
    [InlineData("\"none\":null", "\"none\":0")]
    [InlineData(",\"none\":null", "")]
    public void TryOpen_beside_anything_else_than_it_was_saved_with_is_refused(string was, string becomes)
    {
        var text = SourceCredentials.Seal(JsonElement.Parse(Sent), Secrets, _key, Version);
        Assert.Contains(was, text, StringComparison.Ordinal);
        Assert.False(SourceCredentials.TryOpen(JsonElement.Parse(text.Replace(was, becomes, StringComparison.Ordinal)), Secrets, _keys, Version, out _));
    }

    [Fact]
    public void TryOpen_of_a_secret_put_there_in_plain_is_refused()
        => Assert.False(SourceCredentials.TryOpen(JsonElement.Parse("""{"driver":"fake","password":"plain"}"""), Secrets, _keys, Version, out _));

    [Fact]
    public void TryReseal_moves_every_secret_to_the_new_key()
    {
        using var next = DataKey.Random(2);
        var sent = JsonElement.Parse(Sent);
        Assert.True(SourceCredentials.TryReseal(JsonElement.Parse(SourceCredentials.Seal(sent, Secrets, _key, Version)), _keys, next, Version, out var moved));
        Assert.Equal([2], SourceCredentials.KeyIds(JsonElement.Parse(moved)));
        Assert.True(SourceCredentials.TryOpen(JsonElement.Parse(moved), Secrets, new Dictionary<int, DataKey> { [2] = next }, Version, out var opened));
        Assert.Equal(sent.GetProperty("token").GetRawText(), opened.GetProperty("token").GetRawText());
    }

    [Fact]
    public void Keep_takes_masked_secrets_from_what_is_stored_and_names_those_that_are_not()
    {
        List<string> missing = [];
        var kept = SourceCredentials.Keep(
            JsonElement.Parse("""{"host":"***","password":"***","token":"***","none":"new"}"""), Secrets, JsonElement.Parse("""{"password":"old","token":null}"""), missing);
        Assert.Equal(["token"], missing);
        Assert.Equal("old", kept.GetProperty("password").GetString());
        Assert.Equal("new", kept.GetProperty("none").GetString());
        Assert.Equal("***", kept.GetProperty("host").GetString());
    }
}
