using DataSync.Export.Storage.Links;
using DataSync.Platform.Http.Security;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Export.Storage;

public sealed class DownloadLinksTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LinkedFile File = new("租户", Guid.Parse("019f0000-0000-7000-8000-000000000001"), "data.csv", Now.AddSeconds(60));

    [Property(MaxTest = 100)]
    public Property Link_opens_to_what_it_was_made_for_and_no_bit_of_it_can_be_changed()
        => Prop.ForAll(
            (from tenant in ArbMap.Default.GeneratorFor<NonEmptyString>()
             from name in Gen.Elements("data.csv", "data-00001.json", "manifest.json")
             from at in Gen.Choose(0, 10_000)
             from letter in Gen.Elements('A', 'b', '7', '_')
             select (tenant: tenant.Get.Where(c => !char.IsSurrogate(c)).ToArray(), name, at, letter)).ToArbitrary(),
            given =>
            {
                var links = Links(1);
                var file = File with { TenantId = new string(given.tenant), Name = given.name };
                var link = links.Sign(file);
                Assert.Equal(file, links.Open(link));
                var place = given.at % link.Length;
                var changed = link[..place] + given.letter + link[(place + 1)..];
                if (Bits(changed) != Bits(link)) Assert.Null(links.Open(changed));
            });

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    [InlineData(61, false)]
    public void Link_holds_until_it_expires(int after, bool holds)
    {
        var link = Links(1).Sign(File);
        Assert.Equal(holds, Links(1, Now.AddSeconds(after)).Open(link) is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("AAAA")]
    public void Text_that_is_no_link_opens_nothing(string text) => Assert.Null(Links(1).Open(text));

    [Fact]
    public void Link_of_another_installation_opens_nothing_and_one_under_a_former_key_opens()
    {
        var link = Links(1).Sign(File);
        Assert.Null(Links(2).Open(link));
        Assert.Equal(File, new DownloadLinks(new DerivedKeys([Key(2), Key(1)]), new StoodStill(Now)).Open(link));
    }

    /// <summary>The bits of base64url; its last letter may have some that say nothing.</summary>
    private static string Bits(string link) => Convert.ToHexString(System.Buffers.Text.Base64Url.IsValid(link) ? System.Buffers.Text.Base64Url.DecodeFromChars(link) : []);

    private static DownloadLinks Links(byte key, DateTimeOffset? now = null) => new(new DerivedKeys([Key(key)]), new StoodStill(now ?? Now));

    private static byte[] Key(byte key) => [.. Enumerable.Repeat(key, 32)];

    private sealed class StoodStill(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
