using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DataSync.Platform.Resilience;

/// <summary>How transient failures are retried.</summary>
internal sealed class RetryOptions
{
    public const string MaxAttemptsSetting = "SYNC_RETRY_MAX_ATTEMPTS";
    public const string InitialDelaySetting = "SYNC_RETRY_INITIAL_DELAY_SECONDS";
    public const string MaxDelaySetting = "SYNC_RETRY_MAX_DELAY_SECONDS";

    /// <summary>Attempts in all, the first one included, that may fail in a row without progress. 1 to 100.</summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Wait before the second attempt; doubled for each further one, with jitter. 0.001 to 86,400.</summary>
    public double InitialDelaySeconds { get; set; } = 1;

    /// <summary>No wait is longer. At least the initial delay, at most 86,400.</summary>
    public double MaxDelaySeconds { get; set; } = 60;

    /// <summary>Settings that could not be read as a number; they stop the start.</summary>
    public IList<string> Unreadable { get; } = [];

    public void Read(IConfiguration configuration)
    {
        MaxAttempts = (int)Math.Clamp(Number(configuration, MaxAttemptsSetting, MaxAttempts, whole: true), int.MinValue, int.MaxValue);
        InitialDelaySeconds = Number(configuration, InitialDelaySetting, InitialDelaySeconds, whole: false);
        MaxDelaySeconds = Number(configuration, MaxDelaySetting, MaxDelaySeconds, whole: false);
    }

    private double Number(IConfiguration configuration, string setting, double otherwise, bool whole)
    {
        if (configuration[setting] is not { Length: > 0 } text) return otherwise;
        if (double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && (!whole || value == Math.Floor(value))) return value;
        Unreadable.Add(setting);
        return otherwise;
    }
}

internal sealed class RetryOptionsValidation : IValidateOptions<RetryOptions>
{
    private const double LongestSeconds = 86_400;

    public ValidateOptionsResult Validate(string? name, RetryOptions options)
    {
        var faults = options.Unreadable.Select(s => $"{s} must be a number.").ToList();
        if (options.MaxAttempts is < 1 or > 100) faults.Add($"{RetryOptions.MaxAttemptsSetting} must be from 1 to 100.");
        if (options.InitialDelaySeconds is not (>= 0.001 and <= LongestSeconds)) faults.Add($"{RetryOptions.InitialDelaySetting} must be from 0.001 to 86400.");
        if (!(options.MaxDelaySeconds >= options.InitialDelaySeconds && options.MaxDelaySeconds <= LongestSeconds))
            faults.Add($"{RetryOptions.MaxDelaySetting} must be from {RetryOptions.InitialDelaySetting} to 86400.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
