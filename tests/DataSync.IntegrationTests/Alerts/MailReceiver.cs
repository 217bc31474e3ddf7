using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>
/// A mail server of RFC 5321, as much of it as a sender needs: it takes every mail but those to <c>refused@…</c>. With a certificate it takes none before STARTTLS, and none without
/// the login <see cref="Username"/>.
/// </summary>
internal sealed class MailReceiver : IAsyncDisposable
{
    public const string Username = "alerts";
    public const string Password = "canary-of-the-mail-server";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<MimeMessage> _mails = new();
    private readonly Task _serving;
    private readonly X509Certificate2? _certificate;

    public MailReceiver(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public IReadOnlyList<MimeMessage> Mails => [.. _mails];

    /// <summary>Whether several commands may be sent at once. Said in the clear alone.</summary>
    public bool Pipelines { get; init; }

    /// <summary>Whether somebody sent a login, however it was made.</summary>
    public bool WasGivenALogin { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving;
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> sessions = [];
        try
        {
            while (true) sessions.Add(TalkAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using var held = client;
        await using var stream = client.GetStream();
        try
        {
            if (!await TalkAsync(stream, "220 mail.test ESMTP", _certificate is null ? Pipelines ? "250-mail.test\r\n250 PIPELINING" : "250 mail.test" : "250-mail.test\r\n250 STARTTLS", isOpen: _certificate is null)) return;
            await using var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
            await TalkAsync(secure, null, "250-mail.test\r\n250 AUTH PLAIN", isOpen: false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
        {
            // the sender left
        }
    }

    /// <summary>Talks until the sender leaves; true where it wants to go on under TLS.</summary>
    private async Task<bool> TalkAsync(Stream stream, string? welcome, string hello, bool isOpen)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        await using var writer = new StreamWriter(stream, Encoding.ASCII, leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
        if (welcome is not null) await writer.WriteLineAsync(welcome);
        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            var verb = line.Split(' ')[0].ToUpperInvariant();
            WasGivenALogin |= verb == "AUTH";
            if (verb == "AUTH") isOpen = line == "AUTH PLAIN " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0{Username}\0{Password}"));
            if (verb == "DATA" && isOpen) await TakeAsync(reader, writer);
            else await writer.WriteLineAsync(verb switch
            {
                "EHLO" => hello,
                "STARTTLS" => "220 go on",
                "QUIT" => "221 bye",
                "AUTH" => isOpen ? "235 welcome" : "535 who?",
                "RCPT" when line.Contains("<refused@", StringComparison.OrdinalIgnoreCase) => "550 no such user",
                _ => isOpen ? "250 ok" : "530 not like this",
            });
            if (verb is "QUIT" or "STARTTLS") return verb == "STARTTLS";
        }

        return false;
    }

    private async Task TakeAsync(StreamReader reader, StreamWriter writer)
    {
        await writer.WriteLineAsync("354 go on");
        using var mail = new MemoryStream();
        while (await reader.ReadLineAsync(_end.Token) is { } line && line != ".") mail.Write(Encoding.Latin1.GetBytes((line.StartsWith('.') ? line[1..] : line) + "\r\n"));
        mail.Position = 0;
        _mails.Enqueue(await MimeMessage.LoadAsync(mail, _end.Token));
        await writer.WriteLineAsync("250 taken");
    }
}
