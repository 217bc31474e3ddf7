using DataSync.Platform.Resilience;
using Microsoft.Extensions.Configuration;

namespace DataSync.Tests.Platform.Resilience;

public class RetryOptionsTests
{
    [Fact]
    public void Read_nothing_set_keeps_the_defaults()
    {
        var options = Read([]);
        Assert.Equal((3, 1.0, 60.0), (options.MaxAttempts, options.InitialDelaySeconds, options.MaxDelaySeconds));
        Assert.True(new RetryOptionsValidation().Validate(null, options).Succeeded);
    }

    [Fact]
    public void Read_settings_are_taken()
    {
        var options = Read(new() { ["SYNC_RETRY_MAX_ATTEMPTS"] = "7", ["SYNC_RETRY_INITIAL_DELAY_SECONDS"] = "0.5", ["SYNC_RETRY_MAX_DELAY_SECONDS"] = "90" });
        Assert.Equal((7, 0.5, 90.0), (options.MaxAttempts, options.InitialDelaySeconds, options.MaxDelaySeconds));
    }

    [Theory]
    [InlineData("0", "1", "60", 1), InlineData("101", "1", "60", 1), InlineData("x", "1", "60", 1), InlineData("1.5", "1", "60", 1), InlineData("3", "0", "60", 1), InlineData("3", "5", "4", 1), InlineData("3", "1", "86401", 1)]
    [InlineData("0", "0", "-1", 3), InlineData("99999999999", "NaN", "60", 3)]
    public void Validate_every_value_out_of_range_is_named(string attempts, string initial, string most, int faults)
    {
        var options = Read(new() { ["SYNC_RETRY_MAX_ATTEMPTS"] = attempts, ["SYNC_RETRY_INITIAL_DELAY_SECONDS"] = initial, ["SYNC_RETRY_MAX_DELAY_SECONDS"] = most });
        Assert.Equal(faults, new RetryOptionsValidation().Validate(null, options).Failures?.Count());
    }

    private static RetryOptions Read(Dictionary<string, string?> settings)
    {
        var options = new RetryOptions();
        options.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        return options;
    }
}
