using System.Security.Authentication;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using MailKit;
using MailKit.Security;
using MimeKit;

namespace DataSync.Alerts.Channels.Email;

/// <summary>Mail by the operator's server, dialled through the egress guard like every other: to recipients that the tenant names.</summary>
internal sealed class EmailSender(EgressPolicy egress, AlertOptions options, TimeProvider time) : IChannelSender
{
    private const int LongestSubject = 150;

    public string Kind => "email";

    public IEnumerable<Fault> Check(ChannelTarget target)
    {
        if (options.Mail is null) throw new SyncFailureException(SyncFailure.Permanent("errors.alert.no_mail"));
        if (target.Url is not null) yield return new Fault("/url", "faults.alert_other_kind");
        if (target.Secret is not null) yield return new Fault("/secret", "faults.alert_other_kind");
        if (target.Recipients is null or { Count: 0 }) yield return new Fault("/recipients", "faults.required");
        foreach (var (i, recipient) in (target.Recipients ?? []).Index())
        {
            if (!IsAddress(recipient)) yield return new Fault($"/recipients/{i}", "faults.alert_recipient");
        }
    }

    public string HostOf(ChannelTarget target) => string.Join(", ", target.Recipients!.Select(r => r[(r.LastIndexOf('@') + 1)..]).Distinct(StringComparer.OrdinalIgnoreCase));

    public async Task SendAsync(ChannelTarget target, NoticeMessage message, CancellationToken ct)
    {
        var server = options.Mail ?? throw new SyncFailureException(SyncFailure.Permanent("errors.alert.no_mail"));
        var place = new UriBuilder("smtp", server.Host, server.Port).Uri;
        using var limit = new CancellationTokenSource(options.Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            var refused = await SendAsync(server, Write(server, target, message), both.Token);
            if (refused.Count > 0) throw Partly([.. target.Recipients!.Where(r => !refused.Contains(r))], refused.Count);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw EgressErrors.Timeout(place, e);
        }
        catch (Exception e) when (e is CommandException or ProtocolException or MailKit.Security.AuthenticationException or NotSupportedException)
        {
            // what the server says may quote a recipient
            throw new SyncFailureException(SyncFailure.Transient("errors.alert.mail_refused"), e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException)
        {
            throw EgressErrors.Map(e, place);
        }
    }

    /// <summary>Sends to whom the server takes it for; returns those whom it refused.</summary>
    private async Task<IReadOnlySet<string>> SendAsync(MailServer server, MimeMessage message, CancellationToken ct)
    {
        var excepted = options.IsTlsException(server.Host);
        if (server.Tls == MailTls.None && !excepted) throw EgressErrors.WithoutTls(new UriBuilder("smtp", server.Host, server.Port).Uri);
        var versions = excepted ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls13;
        using var client = new MailClient { Timeout = (int)options.Patience.TotalMilliseconds };
        await using var connection = await MailTransport.OpenAsync(await EgressDial.ConnectAsync(egress, server.Host, server.Port, ct), server, versions, ct);
        await client.ConnectAsync(connection, server.Host, server.Port, SecureSocketOptions.None, ct); // TLS is had already
        if (server.Username.Length > 0) await client.AuthenticateAsync(server.Username, server.Password, ct);
        await client.SendAsync(message, ct);
        await client.DisconnectAsync(quit: true, ct);
        return client.Refused;
    }

    private static PartlyTakenException Partly(IReadOnlyList<string> taken, int refused)
        => new(SyncFailure.Transient("errors.alert.mail_partly", ("taken", taken.Count), ("refused", refused)), taken);

    private static MimeMessage Write(MailServer server, ChannelTarget target, NoticeMessage message)
    {
        var mail = new MimeMessage { MessageId = $"{message.Id}@{server.Host}", Date = message.At, Subject = Subject(message.Text), Body = new TextPart("plain") { Text = message.Text } };
        mail.From.Add(MailboxAddress.Parse(server.From));
        foreach (var recipient in target.Recipients!) mail.To.Add(MailboxAddress.Parse(recipient));

        // no out-of-office answers
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        return mail;
    }

    /// <summary>One line, whatever a source is called.</summary>
    private static string Subject(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return "DataSync: " + (line.Length <= LongestSubject ? line : line[..(char.IsHighSurrogate(line[LongestSubject - 1]) ? LongestSubject - 1 : LongestSubject)] + "…");
    }

    private static bool IsAddress(string text)
        => text.Length <= 254 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is ',' or ';' or '<' or '>') && MailboxAddress.TryParse(text, out var address) && address.Address == text && text.LastIndexOf('@') is > 0 and var at && at < text.Length - 1;
}
