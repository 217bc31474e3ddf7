using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using DataSync.Platform.Http.Egress;
using MailKit.Net.Smtp;

namespace DataSync.Alerts.Channels.Email;

/// <summary>
/// TLS with the mail server. The library that speaks SMTP lets nobody say how a certificate's chain is built, and what is missing of one would be fetched from where the certificate
/// says, past the egress guard: so TLS is agreed on before the library sees the connection.
/// </summary>
internal static class MailTransport
{
    private const int MostLines = 100, LongestLine = 1000;

    /// <summary>The connection as the library gets it: TLS agreed on where the operator did not do without, and the server still to be greeted. Owns the socket.</summary>
    /// <exception cref="SmtpProtocolException">The server does not offer STARTTLS, or is no mail server.</exception>
    /// <exception cref="AuthenticationException">It is not who it should be.</exception>
    public static async Task<Stream> OpenAsync(Socket socket, MailServer server, SslProtocols versions, CancellationToken ct)
    {
        var raw = new NetworkStream(socket, ownsSocket: true);
        if (server.Tls == MailTls.None) return raw;
        SslStream? secured = null;
        try
        {
            if (server.Tls == MailTls.StartTls) await StartTlsAsync(raw, socket, ct);
            var options = EgressTls.Options(versions);
            options.TargetHost = server.Host;
            secured = new SslStream(raw);
            await secured.AuthenticateAsClientAsync(options, ct);
            return server.Tls == MailTls.StartTls ? new GreetingStream(secured) : secured;
        }
        catch
        {
            if (secured is not null) await secured.DisposeAsync();
            await raw.DisposeAsync();
            throw;
        }
    }

    private static async Task StartTlsAsync(NetworkStream raw, Socket socket, CancellationToken ct)
    {
        await ExpectAsync(raw, "220", ct);
        var own = ((IPEndPoint)socket.LocalEndPoint!).Address;
        await raw.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"EHLO [{(own.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6:" : "")}{own}]\r\n")), ct);
        if (!(await ExpectAsync(raw, "250", ct)).Any(l => l.Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase))) throw new SmtpProtocolException("The server offers no STARTTLS.");
        await raw.WriteAsync("STARTTLS\r\n"u8.ToArray(), ct);
        await ExpectAsync(raw, "220", ct);
    }

    /// <summary>Reads one answer, whose lines are returned without their code.</summary>
    private static async Task<IReadOnlyList<string>> ExpectAsync(NetworkStream raw, string code, CancellationToken ct)
    {
        var lines = new List<string>();
        while (lines.Count < MostLines)
        {
            var line = await ReadLineAsync(raw, ct);
            if (!line.StartsWith(code, StringComparison.Ordinal)) break;
            lines.Add(line.Length > code.Length ? line[(code.Length + 1)..] : "");
            if (line.Length == code.Length || line[code.Length] != '-') return lines;
        }

        throw new SmtpProtocolException("Another answer than the one that is due.");
    }

    /// <summary>Byte by byte: what a stranger adds behind the last line in the clear must not pass for the server's word under TLS.</summary>
    private static async Task<string> ReadLineAsync(NetworkStream raw, CancellationToken ct)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < LongestLine)
        {
            await raw.ReadExactlyAsync(one, ct);
            if (one[0] == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }

        throw new SmtpProtocolException("A line without an end.");
    }
}
