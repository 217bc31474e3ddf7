using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.Api;

/// <summary>How patient this installation is with APIs, and how much of one answer it holds.</summary>
internal sealed class ApiOptions
{
    public const string ResponseTimeoutSetting = "DATASYNC_API_RESPONSE_TIMEOUT_SECONDS";
    public const string StallTimeoutSetting = "DATASYNC_API_STALL_TIMEOUT_SECONDS";
    public const string MaxPageSetting = "DATASYNC_API_MAX_PAGE_MB";

    /// <summary>From sending a request to the head of its answer. 1 to 3,600.</summary>
    public double ResponseTimeoutSeconds { get; set; } = 60;

    /// <summary>Within each such time of waiting for a body, 1 KiB must come. 1 to 3,600.</summary>
    public double StallTimeoutSeconds { get; set; } = 30;

    /// <summary>A JSON page, decompressed, is at most this large; JSONL and CSV stream and have no such bound. 1 to 512.</summary>
    public double MaxPageMegabytes { get; set; } = 32;

    /// <summary>Settings that could not be read as a number; they stop the start.</summary>
    public IList<string> Unreadable { get; } = [];

    public TimeSpan ResponseTimeout => TimeSpan.FromSeconds(ResponseTimeoutSeconds);

    public TimeSpan StallTimeout => TimeSpan.FromSeconds(StallTimeoutSeconds);

    public int MaxPageBytes => (int)(MaxPageMegabytes * 1024 * 1024);

    public void Read(IConfiguration configuration)
    {
        ResponseTimeoutSeconds = Number(configuration, ResponseTimeoutSetting, ResponseTimeoutSeconds);
        StallTimeoutSeconds = Number(configuration, StallTimeoutSetting, StallTimeoutSeconds);
        MaxPageMegabytes = Number(configuration, MaxPageSetting, MaxPageMegabytes);
    }

    private double Number(IConfiguration configuration, string setting, double otherwise)
    {
        if (configuration[setting] is not { Length: > 0 } text) return otherwise;
        if (double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value)) return value;
        Unreadable.Add(setting);
        return otherwise;
    }
}

internal sealed class ApiOptionsValidation : IValidateOptions<ApiOptions>
{
    public ValidateOptionsResult Validate(string? name, ApiOptions options)
    {
        var faults = options.Unreadable.Select(s => $"{s} must be a number.").ToList();
        if (options.ResponseTimeoutSeconds is not (>= 1 and <= 3600)) faults.Add($"{ApiOptions.ResponseTimeoutSetting} must be from 1 to 3600.");
        if (options.StallTimeoutSeconds is not (>= 1 and <= 3600)) faults.Add($"{ApiOptions.StallTimeoutSetting} must be from 1 to 3600.");
        if (options.MaxPageMegabytes is not (>= 1 and <= 512)) faults.Add($"{ApiOptions.MaxPageSetting} must be from 1 to 512.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
