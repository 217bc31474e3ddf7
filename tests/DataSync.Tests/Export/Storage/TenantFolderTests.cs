using DataSync.Export.Storage;

namespace DataSync.Tests.Export.Storage;

public class TenantFolderTests
{
    [Theory]
    [InlineData("acme-1_x", "acme-1_x")]
    [InlineData("example.com", "example.com")]
    [InlineData("A", "~41")]
    [InlineData("a/b", "a~2fb")]
    [InlineData(".", "~2e")]
    [InlineData("..", "~2e~2e")]
    [InlineData(".x.", "~2ex~2e")]
    [InlineData("~41", "~7e41")]
    [InlineData("é", "~c3~a9")]
    [InlineData("con", "~63on")]
    [InlineData("a b\\", "a~20b~5c")]
    public void NameOf_encodes(string id, string name) => Assert.Equal(name, TenantFolder.NameOf(id));

    [Fact]
    public void NameOf_long_ids_are_shortened_by_a_hash_and_stay_apart()
    {
        var (one, other) = (new string('李', 255), new string('李', 254) + "子");
        Assert.True(TenantFolder.NameOf(one).Length <= TenantFolder.LongestName);
        Assert.NotEqual(TenantFolder.NameOf(one), TenantFolder.NameOf(other));
        Assert.StartsWith("~e6~9d~8e~e6", TenantFolder.NameOf(one), StringComparison.Ordinal);
        Assert.Equal(TenantFolder.LongestName, TenantFolder.NameOf(new string('a', 129)).Length);
        Assert.Equal(new string('a', 128), TenantFolder.NameOf(new string('a', 128)));
    }

    [Fact]
    public void NameOf_shortened_name_is_no_other_ids_name()
    {
        var shortened = TenantFolder.NameOf(new string('a', 200));
        Assert.NotEqual(shortened, TenantFolder.NameOf(shortened));
    }
}
