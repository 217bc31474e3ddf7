using System.Security.Cryptography;
using DataSync.Platform.Encryption;

namespace DataSync.Tests.Platform.Encryption;

public sealed class MasterKeyParserTests
{
    private static readonly byte[] One = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] Two = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void Parse_several_keys_keeps_their_order_and_names()
    {
        var (keys, faults) = MasterKeyParser.Parse($"new:{Convert.ToBase64String(One)}, {Convert.ToBase64String(Two)}");
        Assert.Empty(faults);
        Assert.Equal(["new", keys[1].Id], keys.Select(k => k.Id));
        Assert.Equal(One, keys[0].Key);
        Assert.Equal(Two, keys[1].Key);
    }

    [Fact]
    public void Parse_a_key_without_a_name_names_it_the_same_each_time_and_others_otherwise()
    {
        var id = MasterKeyParser.Parse(Convert.ToBase64String(One)).Keys[0].Id;
        Assert.Equal(id, MasterKeyParser.Parse(Convert.ToBase64String(One)).Keys[0].Id);
        Assert.NotEqual(id, MasterKeyParser.Parse(Convert.ToBase64String(Two)).Keys[0].Id);
    }

    [Fact]
    public void Parse_a_file_takes_a_key_a_line()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"# ours\nnew:{Convert.ToBase64String(One)}\n\n{Convert.ToBase64String(Two)}\n");
            var (keys, faults) = MasterKeyParser.Parse("file:" + file);
            Assert.Empty(faults);
            Assert.Equal([One, Two], keys.Select(k => k.Key));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData(" ", "missing")]
    [InlineData("file:/nowhere/at/all", "file")]
    [InlineData("AAAA", "length")]
    [InlineData("no base64 at all!", "length")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "weak")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "weak")]
    [InlineData("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "weak")]
    [InlineData("////////////////////////////////////////////", "length")]
    [InlineData("//////////////////////////////////////////8=", "weak")]
    [InlineData("file:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "file")]
    [InlineData("a b:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "id")]
    public void Parse_what_is_no_random_key_is_refused_without_showing_it(string? setting, string fault)
    {
        var (keys, faults) = MasterKeyParser.Parse(setting);
        Assert.Empty(keys);
        var found = Assert.Single(faults);
        Assert.Equal("errors.settings.master_key_" + fault, found.MessageKey);
        if (setting?.Trim().Length > 0) Assert.DoesNotContain(found.Params!.Values, v => setting.Contains(v!.ToString()!, StringComparison.Ordinal) && v!.ToString()!.Length > 3);
    }

    [Fact]
    public void Parse_names_every_fault_at_once()
    {
        var one = Convert.ToBase64String(One);
        var faults = MasterKeyParser.Parse($"{one},x:{one},short,new:AAAA,file:/nowhere").Faults;
        Assert.Equal(["master_key_repeated", "master_key_length", "master_key_length", "master_key_file"], faults.Select(f => f.MessageKey["errors.settings.".Length..]));
        Assert.Equal(["2", "3", "4", "5"], faults.Select(f => (string)f.Params!["entry"]!));
    }

    [Fact]
    public void Text_of_keys_shows_no_key()
    {
        var keys = MasterKeyParser.Parse($"new:{Convert.ToBase64String(One)}").Keys;
        using var data = DataKey.Random(7);
        var text = $"{keys[0]} {new MasterKeyRing(keys)} {data}";
        Assert.Equal("new new data key 7", text);
    }

    [Fact]
    public void Random_keys_are_never_called_weak()
    {
        for (var i = 0; i < 100_000; i++) Assert.True(KeyStrength.IsRandom(RandomNumberGenerator.GetBytes(32)));
    }
}
