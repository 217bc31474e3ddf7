using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio;

/// <summary>The operator's own Label Studio, and how long and how often servers are asked. A tenant may bring a server of its own.</summary>
internal sealed class LabelStudioOptions
{
    public const string UrlSetting = "LABEL_STUDIO_URL";
    public const string KeySetting = "LABEL_STUDIO_API_KEY";
    public const string TimeoutSetting = "LABEL_STUDIO_TIMEOUT_SECONDS";
    public const string PollSetting = "LABEL_STUDIO_POLL_SECONDS";
    public const string LongestPollSetting = "LABEL_STUDIO_MAX_POLL_SECONDS";

    /// <summary>Base address; empty where there is none. Plain HTTP is the operator's own decision.</summary>
    public string Url { get; set; } = "";

    /// <summary>A legacy token or a personal access token.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>How long an answer may take, in seconds: 1 to 600.</summary>
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Seconds between two looks at tasks at which something happens: 1 to 3,600.</summary>
    public int PollSeconds { get; set; } = 15;

    /// <summary>Seconds between two looks at most, where nothing happens for long: 1 to 86,400.</summary>
    public int LongestPollSeconds { get; set; } = 900;

    /// <summary>First wait for an import in the background; doubles with each look.</summary>
    public TimeSpan FirstImportLook { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Hosts, addresses or CIDR ranges, by commas, that may use TLS 1.2 or, of tenants' own servers, none.</summary>
    public string TlsExceptions { get; set; } = "";

    /// <summary>The settings that are no whole number.</summary>
    public List<string> Unreadable { get; } = [];

    public void Read(IConfiguration configuration)
    {
        (Url, ApiKey) = (configuration[UrlSetting]?.Trim() ?? "", configuration[KeySetting]?.Trim() ?? "");
        TlsExceptions = configuration[Platform.Http.Egress.TlsExceptions.Setting] ?? "";
        TimeoutSeconds = Seconds(TimeoutSetting, TimeoutSeconds);
        PollSeconds = Seconds(PollSetting, PollSeconds);
        LongestPollSeconds = Seconds(LongestPollSetting, LongestPollSeconds);

        int Seconds(string setting, int fallback)
        {
            if (configuration[setting] is not { Length: > 0 } text) return fallback;
            if (int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds)) return seconds;
            Unreadable.Add(setting);
            return fallback;
        }
    }

    public bool IsTlsException(Uri url) => Platform.Http.Egress.TlsExceptions.Names(TlsExceptions, url.IdnHost.Trim('[', ']'));
}

internal sealed class LabelStudioOptionsValidation : IValidateOptions<LabelStudioOptions>
{
    public ValidateOptionsResult Validate(string? name, LabelStudioOptions options)
    {
        List<string> faults = [.. options.Unreadable.Select(s => $"{s} must be a whole number.")];
        if (options.Url.Length > 0 && !Api.LabelStudioServer.TryReadUrl(options.Url, out _)) faults.Add($"{LabelStudioOptions.UrlSetting} must be an http or https address without credentials, query and fragment.");
        if ((options.Url.Length == 0) != (options.ApiKey.Length == 0)) faults.Add($"{LabelStudioOptions.UrlSetting} and {LabelStudioOptions.KeySetting} belong together.");
        Range(LabelStudioOptions.TimeoutSetting, options.TimeoutSeconds, 600);
        Range(LabelStudioOptions.PollSetting, options.PollSeconds, 3600);
        Range(LabelStudioOptions.LongestPollSetting, options.LongestPollSeconds, 86_400);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Range(string setting, int seconds, int max)
        {
            if (seconds < 1 || seconds > max) faults.Add($"{setting} must be 1 to {max}.");
        }
    }
}
