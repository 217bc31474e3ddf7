using DataSync.Platform.Http.Egress;
using DataSync.Platform.Settings;

namespace DataSync.Alerts;

/// <summary>What the operator decides about alerts.</summary>
internal sealed record AlertOptions
{
    /// <summary><c>DATASYNC_ALERT_SECONDS</c>: from one look to the next. A breach is seen within one and a half of it.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>DATASYNC_OPERATOR_TENANT</c>: the tenant that is told what is wrong with the installation as a whole. Give nobody else a token for it.</summary>
    public string OperatorTenant { get; init; } = "operator";

    /// <summary><c>DATASYNC_ALERT_KEEP_DAYS</c>: how long alerts that are over, and notices that are settled, can be looked at.</summary>
    public int KeepDays { get; init; } = 90;

    /// <summary><c>DATASYNC_TLS_EXCEPTIONS</c>: hosts that may be spoken to over TLS 1.2 or none.</summary>
    public string TlsExceptionHosts { get; init; } = "";

    /// <summary>Waits after a try that failed; after the last one the notice is dead.</summary>
    public IReadOnlyList<TimeSpan> Waits { get; init; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6),
    ];

    /// <summary>One try, from the dial to the answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary><c>DATASYNC_SMTP_…</c>; null where the operator has no mail server, and no channel may send mail.</summary>
    public MailServer? Mail { get; init; }

    /// <summary>Whether the operator lets a host be spoken to over TLS 1.2 or none.</summary>
    public bool IsTlsException(string host) => TlsExceptions.Names(TlsExceptionHosts, host);

    /// <summary>Reads the settings; what is wrong goes to the reader's faults.</summary>
    public static AlertOptions Read(SettingsReader settings, Func<string, string?> text)
    {
        var options = new AlertOptions
        {
            Pace = TimeSpan.FromSeconds(settings.Int("DATASYNC_ALERT_SECONDS", 15, 1, 20)),
            KeepDays = settings.Int("DATASYNC_ALERT_KEEP_DAYS", 90, 1, 3650),
            OperatorTenant = text("DATASYNC_OPERATOR_TENANT") is { Length: > 0 } tenant ? tenant : "operator",
            TlsExceptionHosts = text(TlsExceptions.Setting) ?? "",
        };
        if (text("DATASYNC_SMTP_HOST") is not { Length: > 0 } host) return options;
        return options with
        {
            Mail = new MailServer(
                host, settings.Int("DATASYNC_SMTP_PORT", 587, 1, 65_535), settings.Name("DATASYNC_SMTP_TLS", MailTls.StartTls), text("DATASYNC_SMTP_USERNAME") ?? "", text("DATASYNC_SMTP_PASSWORD") ?? "",
                text("DATASYNC_SMTP_FROM") is { Length: > 0 } from ? from : "datasync@" + host),
        };
    }
}

/// <summary>The operator's mail server. Holds a password: nothing prints it.</summary>
/// <param name="Host">Its name; spoken to through the egress guard, like any other.</param>
/// <param name="Port">Its port.</param>
/// <param name="Tls">How TLS begins.</param>
/// <param name="Username">The login; empty for none.</param>
/// <param name="Password">Its password.</param>
/// <param name="From">The sender's address.</param>
internal sealed record MailServer(string Host, int Port, MailTls Tls, string Username, string Password, string From)
{
    public override string ToString() => Host;
}

/// <summary>How TLS begins with a mail server.</summary>
internal enum MailTls
{
    /// <summary>By STARTTLS, without which nothing is sent.</summary>
    StartTls,

    /// <summary>At once.</summary>
    Tls,

    /// <summary>Never: for hosts of <c>DATASYNC_TLS_EXCEPTIONS</c> alone.</summary>
    None,
}
