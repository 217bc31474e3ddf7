using DataSync.Dev.Checks;

namespace DataSync.Tests.Dev;

public sealed class FailedTestTests
{
    [Fact]
    public void Read_names_each_test_that_failed_with_what_was_wrong()
    {
        const string report = """
            {"results":{"tests":[
                {"name":"A.Passes","status":"passed"},
                {"name":"A.Fails","status":"failed","message":"Assert.Equal() Failure\nExpected: 1","trace":"at A.cs:3"},
                {"name":"A.Waits","status":"skipped","message":"No server."},
                {"name":"A.Breaks","status":"other"}]}}
            """;

        var failed = FailedTest.Read(report).ToList();

        Assert.Equal(["A.Fails", "A.Breaks"], failed.Select(test => test.Name));
        Assert.Equal("failed: A.Fails\n    Assert.Equal() Failure\n    Expected: 1\n    at A.cs:3", failed[0].ToString());
    }

    [Fact]
    public void Read_keeps_the_first_lines_of_much()
    {
        var message = string.Join("\\n", Enumerable.Range(1, 1000));

        var failed = Assert.Single(FailedTest.Read($$"""{"results":{"tests":[{"name":"A","status":"failed","message":"{{message}}"}]} }"""));

        Assert.Equal(12, failed.Message.Split('\n').Length);
        Assert.StartsWith("    1\n    2\n", failed.Message, StringComparison.Ordinal);
    }
}
