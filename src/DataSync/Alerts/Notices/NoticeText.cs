using DataSync.Alerts.Channels;
using DataSync.Alerts.States;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy.Settings;

namespace DataSync.Alerts.Notices;

/// <summary>What is said of alerts and of jobs that ended, in the reader's language.</summary>
internal sealed class NoticeText(Messages messages, TenantLanguage languages)
{
    /// <summary>The language of a channel: its own, or its tenant's.</summary>
    public async Task<string> LanguageAsync(string tenantId, AlertChannel channel, CancellationToken ct)
        => channel.Language ?? await languages.OfAsync(tenantId, ct) ?? Messages.FallbackLanguage;

    /// <summary>What is wrong, or was.</summary>
    public string Of(Alert alert, string language)
    {
        var text = messages.Format(KeyOf(alert), language, Values(alert));
        return alert.OverAt is null ? text : messages.Format("alerts.over", language, ("message", text));
    }

    /// <summary>How a job ended.</summary>
    public string Of(EndedJob job, string language)
    {
        var reason = job.ErrorKey is { } key ? messages.Format(key, language, job.Params) : "";
        return messages.Format(
            $"alerts.job_{job.Status}", language,
            ("source", job.SourceId), ("records", job.Records), ("rejected", job.Rejected), ("seconds", Rounded(job.DurationMs / 1000.0)), ("reason", reason), ("job", job.JobId));
    }

    /// <summary>What a try of a channel says.</summary>
    public async Task<string> TestAsync(string tenantId, AlertChannel channel, CancellationToken ct)
        => messages.Format("alerts.test", await LanguageAsync(tenantId, channel, ct), ("channel", channel.ChannelId));

    /// <summary>A rule about one source says so.</summary>
    private static string KeyOf(Alert alert) => alert is { Condition: "error_rate" or "webhook_failures", Subject.Length: > 0 } ? $"alerts.{alert.Condition}_source" : $"alerts.{alert.Condition}";

    private static Dictionary<string, object?> Values(Alert alert) => new(StringComparer.Ordinal)
    {
        ["subject"] = alert.Subject,
        ["value"] = Rounded(alert.Value),
        ["threshold"] = Rounded(alert.Threshold),
        ["percent"] = Rounded(alert.Value * 100),
        ["limit"] = Rounded(alert.Threshold * 100),
        ["minutes"] = Rounded(alert.Value / 60),
        ["most"] = Rounded(alert.Threshold / 60),
        ["hours"] = Rounded(alert.Value / 3600),
        ["hours_most"] = Rounded(alert.Threshold / 3600),
        ["mebibytes"] = Rounded(alert.Value / (1 << 20)),
        ["mebibytes_most"] = Rounded(alert.Threshold / (1 << 20)),
        ["window"] = alert.WindowSeconds,
    };

    /// <summary>As much of a number as is told. It stays a number, which the language writes, and chooses a plural's form by.</summary>
    private static double Rounded(double value) => Math.Round(value, 1);
}
