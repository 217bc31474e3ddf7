using MailKit.Net.Smtp;
using MimeKit;

namespace DataSync.Alerts.Channels.Email;

/// <summary>Sends a mail to whom the server takes it for, and notes whom it refuses. The library would give the whole mail up at the first of them.</summary>
internal sealed class MailClient : SmtpClient
{
    /// <summary>Addresses of those that the server refused.</summary>
    public HashSet<string> Refused { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where nobody is left, the library says so itself.</summary>
    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => Refused.Add(mailbox.Address);
}
