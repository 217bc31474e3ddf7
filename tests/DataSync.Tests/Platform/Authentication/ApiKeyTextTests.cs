using System.Buffers.Text;
using System.Text;
using System.Text.RegularExpressions;
using DataSync.Platform.Authentication.ApiKeys;
using DataSync.Platform.Http.Requests;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.Tests.Platform.Authentication;

public sealed class ApiKeyTextTests
{
    [Fact]
    public void Key_names_its_tenant_whichever_it_is_and_one_changed_character_makes_it_none()
        => Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), ArbMap.Default.ArbFor<NonNegativeInt>(), (any, place) =>
        {
            var tenant = any.Get;
            if (!Identifier.IsValid(tenant)) return true;
            var text = ApiKeyText.New(tenant);
            var changed = text.ToCharArray();
            var at = place.Get % changed.Length;
            changed[at] = changed[at] == 'x' ? 'y' : 'x';
            return ApiKeyText.TryRead(text, out var read) && read == tenant && text != ApiKeyText.New(tenant)
                && ApiKeyText.HashOf(text).Length == 32 && text.EndsWith(ApiKeyText.HintOf(text), StringComparison.Ordinal) && !ApiKeyText.TryRead(new string(changed), out _);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Key_has_256_bits_of_chance_and_a_form_that_scanners_know()
    {
        var seen = Enumerable.Range(0, 2000).Select(_ => ApiKeyText.New("acme")).ToList();
        Assert.All(seen, k => Assert.Matches(new Regex("^dsk_[A-Za-z0-9_-]+_[0-9A-Za-z]{49}$"), k));
        Assert.Equal(2000, seen.Distinct(StringComparer.Ordinal).Count());
        for (var place = 0; place < 43; place++) Assert.Equal(62, seen.Select(k => k[^(49 - place)]).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("dsk_")]
    [InlineData("dsk_YWNtZQ_")]
    [InlineData("DSK_YWNtZQ_3yZe0c1d5kq3n0Yw1rYqfUQ2cDk0l0tJ0m8x3b5Z9sA0aZ3kQ")]
    public void What_is_no_key_is_none(string text) => Assert.False(ApiKeyText.TryRead(text, out _));

    [Fact]
    public void Tenants_that_cannot_be_are_none()
    {
        Assert.True(ApiKeyText.TryRead(Of("acme"u8.ToArray()), out _));
        foreach (var tenant in (byte[][])[[0xff], [0], Encoding.UTF8.GetBytes(new string('a', 256))]) Assert.False(ApiKeyText.TryRead(Of(tenant), out _));

        static string Of(byte[] tenant) => ApiKeyText.WithChecksum($"dsk_{Base64Url.EncodeToString(tenant)}_{new string('7', 43)}");
    }
}
