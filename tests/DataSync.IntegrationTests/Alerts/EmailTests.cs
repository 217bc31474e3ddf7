using System.Net;
using System.Text.Json.Nodes;
using DataSync.Alerts;
using DataSync.Alerts.Channels;
using DataSync.Alerts.Channels.Email;
using DataSync.IntegrationTests.Extract.Api;
using DataSync.IntegrationTests.Extract.Egress;
using DataSync.IntegrationTests.Host;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Alerts;

/// <summary>Mail without a host: what is not sent, and neither is the login, where TLS is not what it must be; and who gets it where somebody is refused. <see cref="AlertTests"/> sends some under TLS.</summary>
public sealed class EmailTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MailTls.StartTls, false, "errors.alert.mail_refused")] // offers none
    [InlineData(MailTls.StartTls, true, "errors.connection.tls")] // nobody vouches for it
    [InlineData(MailTls.None, false, "errors.connection.tls")] // the operator made no exception
    public async Task Mail_goes_to_nobody_who_is_not_proved_to_be_who_it_is_for(object tls, bool hasCertificate, string expected)
    {
        using var stranger = new TlsAuthority();
        using var certificate = stranger.Server();
        await using var server = new MailReceiver(hasCertificate ? certificate : null);
        var failure = await FailureAsync(new MailServer("localhost", server.Port, (MailTls)tls, MailReceiver.Username, MailReceiver.Password, "alerts@datasync.example"));
        Assert.Equal(expected, failure.MessageKey);
        Assert.Empty(server.Mails);
        Assert.False(server.WasGivenALogin);
    }

    /// <summary>What a certificate says of its issuer is fetched by nobody, for it would be fetched past the guard.</summary>
    [Theory]
    [InlineData(MailTls.StartTls), InlineData(MailTls.Tls)]
    public async Task Certificate_of_the_mail_server_leads_nowhere(object tls)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        using var certificate = Stranger.Certificate($"http://127.0.0.1:{trap.Port}/");
        await using var server = new Stranger((MailTls)tls == MailTls.StartTls ? "smtp" : "smtps", certificate);
        var failure = await FailureAsync(new MailServer(Stranger.Address, server.Port, (MailTls)tls, MailReceiver.Username, MailReceiver.Password, "alerts@datasync.example"));
        Assert.Equal("errors.connection.tls", failure.MessageKey);
        await RunningSystem.WaitAsync("the certificate to have been shown", () => Task.FromResult(server.Shown == 1), Ct);
        trap.AssertUntouched();
    }

    [Theory]
    [InlineData(MailTls.StartTls), InlineData(MailTls.Tls), InlineData(MailTls.None)]
    public async Task Mail_server_at_an_address_that_the_guard_denies_gets_no_connection(object tls)
    {
        using var trap = new DialTrap(only: IPAddress.Loopback);
        var server = new MailServer("localhost", trap.Port, (MailTls)tls, MailReceiver.Username, MailReceiver.Password, "alerts@datasync.example");
        var failed = await Assert.ThrowsAsync<SyncFailureException>(() => Sender(server, "localhost", allowed: "").SendAsync(new ChannelTarget(null, null, ["ops@example.com"]), Message(), Ct));
        Assert.Equal((FailureKind.Permanent, "errors.connection.egress_denied"), (failed.Failure.Kind, failed.Failure.MessageKey));
        trap.AssertUntouched();
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Refused_recipient_keeps_no_other_from_the_mail(bool pipelines)
    {
        await using var server = new MailReceiver { Pipelines = pipelines };
        var failed = await Assert.ThrowsAsync<PartlyTakenException>(() => SendAsync(server, "first@example.com", "refused@example.com", "last@example.com"));
        Assert.Equal(["first@example.com", "last@example.com"], failed.Taken);
        Assert.Equal((FailureKind.Transient, "errors.alert.mail_partly", (object)2, (object)1), (failed.Failure.Kind, failed.Failure.MessageKey, failed.Failure.Params!["taken"]!, failed.Failure.Params["refused"]!));
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task Mail_that_every_recipient_refuses_is_nobodys()
    {
        await using var server = new MailReceiver();
        var failed = await Assert.ThrowsAsync<SyncFailureException>(() => SendAsync(server, "refused@example.com", "refused@example.org"));
        Assert.Equal("errors.alert.mail_refused", failed.Failure.MessageKey);
        Assert.Empty(server.Mails);
    }

    private static Task SendAsync(MailReceiver server, params string[] recipients)
        => Sender(new MailServer("localhost", server.Port, MailTls.None, "", "", "alerts@datasync.example"), "localhost").SendAsync(new ChannelTarget(null, null, recipients), Message(), Ct);

    private static async Task<SyncFailure> FailureAsync(MailServer server)
        => (await Assert.ThrowsAsync<SyncFailureException>(() => Sender(server, "").SendAsync(new ChannelTarget(null, null, ["ops@example.com"]), Message(), Ct))).Failure;

    private static EmailSender Sender(MailServer server, string exceptions, string allowed = "127.0.0.0/8,::1/128")
    {
        var egress = new EgressPolicy(Options.Create(new EgressOptions { Allow = allowed }), static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct));
        return new EmailSender(egress, new AlertOptions { Mail = server, TlsExceptionHosts = exceptions }, TimeProvider.System);
    }

    private static NoticeMessage Message() => new("1", ChannelEvents.Opened, TimeProvider.System.GetUtcNow(), "text", IsGood: false, new JsonObject());
}
