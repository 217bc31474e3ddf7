using System.Diagnostics;
using DataSync.Pipeline.Failures;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Both ways of logging in, what servers refuse, and that no answer of theirs is ever quoted.</summary>
public sealed class LabelStudioLoginTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Either_key_opens_and_the_edition_is_told(bool enterprise)
    {
        await using var fake = await FakeLabelStudio.StartAsync(enterprise);
        using var rig = new LabelStudioRig();
        Assert.Equal(enterprise, (await rig.Client.VersionAsync(LabelStudioRig.Legacy(fake), isAnonymous: false, Ct)).Edition == "Enterprise");
        Assert.Null(await rig.Client.FindAsync(LabelStudioRig.Legacy(fake), 1, Ct));
        Assert.Equal(0, fake.Logins.Refreshes);
        Assert.Null(await rig.Client.FindAsync(LabelStudioRig.Personal(fake), 1, Ct));
        Assert.Equal(1, fake.Logins.Refreshes);
    }

    [Fact]
    public async Task Legacy_tokens_that_are_off_are_told_from_a_wrong_key()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        fake.Logins.LegacyIsOff = true;
        Assert.Equal("errors.label_studio.legacy_token", (await FailureAsync(rig, LabelStudioRig.Legacy(fake))).MessageKey);
        fake.Logins.LegacyIsOff = false;
        var wrong = await FailureAsync(rig, LabelStudioRig.Server(fake.Url, new string('0', 40)));
        Assert.Equal(("errors.label_studio.authentication", FailureKind.Permanent), (wrong.MessageKey, wrong.Kind));
        Assert.Equal("errors.label_studio.authentication", (await FailureAsync(rig, LabelStudioRig.Server(fake.Url, new FakeLogins().Personal))).MessageKey);
    }

    [Fact]
    public async Task Many_at_once_get_one_token_and_a_withdrawn_one_is_got_anew_once()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        var server = LabelStudioRig.Personal(fake);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => rig.Client.FindAsync(server, 1, Ct)));
        Assert.Equal(1, fake.Logins.Refreshes);
        fake.Logins.Withdraw();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => rig.Client.FindAsync(server, 1, Ct)));
        Assert.Equal(2, fake.Logins.Refreshes);
    }

    [Fact]
    public async Task A_token_is_got_anew_before_it_ends_not_after()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        fake.Logins.Lasts = LabelStudioTokens.Early + TimeSpan.FromSeconds(-5); // still good at the server, too near its end for us
        for (var i = 0; i < 2; i++) await rig.Client.FindAsync(LabelStudioRig.Personal(fake), 1, Ct);
        Assert.Equal(2, fake.Logins.Refreshes);
        Assert.Equal(4, fake.Asked.Count); // none was refused in between
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef01234567", false)]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln", true)]
    [InlineData("a.b.c", false)]
    [InlineData("W10.W10.c2ln", false)]
    [InlineData("", false)]
    public void Is_tells_the_kinds_of_keys_by_decoding(string key, bool personal) => Assert.Equal(personal, PersonalToken.Is(key));

    [Fact]
    public async Task Failures_quote_nothing_of_what_the_server_says()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        fake.Fault = static _ => FakeFault.Status(500);
        var error = await Assert.ThrowsAsync<SyncFailureException>(() => rig.Client.FindAsync(LabelStudioRig.Legacy(fake), 1, Ct));
        Assert.Equal(("errors.label_studio.status", FailureKind.Transient), (error.Failure.MessageKey, error.Failure.Kind));
        Assert.DoesNotContain("CANARY", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", string.Join(' ', error.Failure.Params!.Values), StringComparison.Ordinal);
        Assert.DoesNotContain(fake.Logins.Legacy, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "7", 7.0)]
    [InlineData(503, "Fri, 31 Dec 1999 23:59:59 GMT", null)]
    [InlineData(429, null, null)]
    public async Task Busy_servers_say_how_long_to_wait(int status, string? retryAfter, double? seconds)
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig();
        fake.Fault = _ => FakeFault.Status(status, retryAfter);
        var failure = await FailureAsync(rig, LabelStudioRig.Legacy(fake));
        Assert.Equal(("errors.label_studio.busy", FailureKind.Transient, seconds), (failure.MessageKey, failure.Kind, failure.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task Servers_that_hang_reset_or_stand_behind_the_guard_fail_clearly_and_in_time()
    {
        await using var fake = await FakeLabelStudio.StartAsync();
        using var rig = new LabelStudioRig(timeoutSeconds: 1);
        fake.Fault = static _ => FakeFault.Silence(before: true);
        var clock = Stopwatch.StartNew();
        Assert.Equal("errors.connection.timeout", (await FailureAsync(rig, LabelStudioRig.Legacy(fake))).MessageKey);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 10);
        fake.Fault = static _ => FakeFault.Reset(before: true);
        Assert.Equal("errors.connection.lost", (await FailureAsync(rig, LabelStudioRig.Legacy(fake))).MessageKey);
        fake.Fault = static _ => null;
        using var closed = new LabelStudioRig(egress: "");
        Assert.Equal("errors.connection.egress_denied", (await FailureAsync(closed, LabelStudioRig.Legacy(fake))).MessageKey);
        using var strict = new LabelStudioRig(exceptions: "");
        Assert.Equal("errors.connection.tls", (await FailureAsync(strict, LabelStudioRig.Legacy(fake))).MessageKey);
    }

    [Theory]
    [InlineData("https://x.example", "https://x.example/")]
    [InlineData("https://x.example/label//", "https://x.example/label/")]
    [InlineData("http://10.0.0.1:8080/", "http://10.0.0.1:8080/")]
    [InlineData("ftp://x.example", null)]
    [InlineData("https://user:secret@x.example", null)]
    [InlineData("https://x.example/?a=1", null)]
    [InlineData("x.example", null)]
    public void TryReadUrl_takes_addresses_and_keeps_their_path(string text, string? read)
    {
        Assert.Equal(read is not null, LabelStudioServer.TryReadUrl(text, out var url));
        Assert.Equal(read, url?.AbsoluteUri);
        if (url is not null) Assert.Equal($"{read}api/version/", new LabelStudioServer(url, "k").At("api/version/").AbsoluteUri);
    }

    private static async Task<SyncFailure> FailureAsync(LabelStudioRig rig, LabelStudioServer server)
        => (await Assert.ThrowsAsync<SyncFailureException>(() => rig.Client.FindAsync(server, 1, Ct))).Failure;
}
