using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using DataSync.IntegrationTests.Extract.Api;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>Whoever is told of alerts: a server that takes what is posted, and a mail server whose certificate is of an authority that only the system's processes trust.</summary>
internal sealed class AlertReceivers : IAsyncDisposable
{
    private readonly TlsAuthority _authority = new();
    private readonly X509Certificate2 _certificate;
    private readonly string _trusted = Path.GetTempFileName();

    private AlertReceivers(AlertReceiver posts)
    {
        Posts = posts;
        File.WriteAllText(_trusted, _authority.Pem);
        _certificate = _authority.Server();
        Mail = new MailReceiver(_certificate);
    }

    public AlertReceiver Posts { get; }

    public MailReceiver Mail { get; }

    /// <summary>What a system is told so that it sends mail here, by STARTTLS, and looks for alerts every second.</summary>
    public IEnumerable<(string Name, string Value)> Settings =>
    [
        ("DATASYNC_ALERT_SECONDS", "1"), ("DATASYNC_SMTP_HOST", "localhost"), ("DATASYNC_SMTP_PORT", Mail.Port.ToString(CultureInfo.InvariantCulture)), ("DATASYNC_SMTP_FROM", "alerts@datasync.example"),
        ("DATASYNC_SMTP_USERNAME", MailReceiver.Username), ("DATASYNC_SMTP_PASSWORD", MailReceiver.Password), ("SSL_CERT_FILE", _trusted),
    ];

    public static async Task<AlertReceivers> StartAsync(CancellationToken ct) => new(await AlertReceiver.StartAsync(ct));

    public async ValueTask DisposeAsync()
    {
        await Posts.DisposeAsync();
        await Mail.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
        File.Delete(_trusted);
    }
}
