using DataSync.Dev.Checks;

namespace DataSync.Tests.Dev;

public sealed class TestSummaryTests
{
    const string Report = """{"results":{"summary":{"tests":8,"passed":4,"failed":1,"skipped":2,"pending":1,"other":0}}}""";

    [Fact]
    public void Read_counts_what_the_report_says() => Assert.Equal(new TestSummary(4, 1, 2), TestSummary.Read(Report, exitCode: 1));

    [Fact]
    public void Read_counts_a_process_without_a_report_as_a_failure() => Assert.Equal(new TestSummary(0, 1, 0), TestSummary.Read(null, exitCode: 0));

    [Fact]
    public void Read_counts_an_exit_code_that_no_test_explains_as_a_failure()
        => Assert.Equal(new TestSummary(4, 1, 0), TestSummary.Read("""{"results":{"summary":{"passed":4,"failed":0,"skipped":0}}}""", exitCode: 134));

    [Fact]
    public void ToString_is_the_line_a_build_server_reads()
        => Assert.Equal("123 passed, 0 failed, 2 skipped", (new TestSummary(100, 0, 2) + new TestSummary(23, 0, 0)).ToString());

    [Theory]
    [InlineData(1, 0, 5, true)]
    [InlineData(1, 1, 0, false)]
    [InlineData(0, 0, 5, false)]
    [InlineData(0, 0, 0, false)]
    public void IsGood_needs_a_test_that_passed_and_none_that_failed(int passed, int failed, int skipped, bool good)
        => Assert.Equal(good, new TestSummary(passed, failed, skipped).IsGood);

    [Theory]
    [InlineData("Json", "-method", "*Json*")]
    [InlineData("*.Json_*", "-method", "*.Json_*")]
    [InlineData("/*/*/JsonTests", "-filter", "/*/*/JsonTests")]
    public void FilterArguments_match_any_part_of_a_name(string filter, string option, string value)
        => Assert.Equal([option, value], TestRun.FilterArguments(filter));
}
