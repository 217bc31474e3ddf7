using DataSync.Dev;
using DataSync.Dev.Commands;

namespace DataSync.Tests.Dev;

public sealed class CommandLineTests
{
    [Fact]
    public void Up_without_options_asks_for_one_worker() => Assert.Equal(new UpCommand(1), CommandLine.Parse(["up"]));

    [Theory]
    [InlineData("--workers", "3")]
    [InlineData("--workers=3", null)]
    public void Up_takes_the_number_of_workers(string first, string? second)
        => Assert.Equal(new UpCommand(3), CommandLine.Parse(second is null ? ["up", first] : ["up", first, second]));

    [Theory]
    [InlineData("-1")]
    [InlineData("65")]
    [InlineData("many")]
    [InlineData("")]
    public void Up_refuses_a_number_of_workers_that_makes_no_sense(string workers)
        => Assert.Throws<UsageException>(() => CommandLine.Parse(["up", "--workers", workers]));

    [Theory]
    [InlineData("demo")]
    [InlineData("租户 \"一\"\n🦊")]
    [InlineData("--scope")]
    [InlineData("-")]
    public void Token_takes_any_text_as_a_tenant(string tenant)
        => Assert.Equal(new TokenCommand(tenant, "sources.write sync.read sync.write", null), CommandLine.Parse(["token", "--tenant", tenant]));

    [Fact]
    public void Token_takes_an_equals_sign_in_the_tenant()
        => Assert.Equal("a=b", Assert.IsType<TokenCommand>(CommandLine.Parse(["token", "--tenant=a=b"])).Tenant);

    [Fact]
    public void Token_takes_scope_and_language()
        => Assert.Equal(new TokenCommand("a", "operator", "zh-CN"), CommandLine.Parse(["token", "--language", "zh-CN", "--scope", "operator", "--tenant", "a"]));

    [Fact]
    public void Token_counts_a_tenant_in_code_points()
    {
        var longest = string.Concat(Enumerable.Repeat("🦊", 255));
        Assert.Equal(longest, Assert.IsType<TokenCommand>(CommandLine.Parse(["token", "--tenant", longest])).Tenant);
        Assert.Throws<UsageException>(() => CommandLine.Parse(["token", "--tenant", longest + "x"]));
    }

    [Theory]
    [InlineData("token")]
    [InlineData("token", "--tenant")]
    [InlineData("token", "--tenant", "")]
    [InlineData("token", "--tenant", "a", "--tenant", "b")]
    [InlineData("token", "--tenants", "a")]
    [InlineData("up", "3")]
    [InlineData("demo", "fast")]
    [InlineData("test", "a", "b")]
    [InlineData("deploy")]
    public void Parse_refuses_what_it_does_not_know(params string[] arguments) => Assert.Throws<UsageException>(() => CommandLine.Parse(arguments));

    [Fact]
    public void Test_takes_a_filter() => Assert.Equal(new TestCommand("Json"), CommandLine.Parse(["test", "Json"]));

    [Fact]
    public void Parse_of_nothing_asks_for_help() => Assert.IsType<HelpCommand>(CommandLine.Parse([]));
}
