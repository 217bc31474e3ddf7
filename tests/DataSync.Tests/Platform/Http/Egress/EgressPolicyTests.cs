using System.Net;
using System.Net.Sockets;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Platform.Http.Egress;

public class EgressPolicyTests
{
    [Theory]
    [InlineData("0.0.0.0"), InlineData("0.1.2.3"), InlineData("10.0.0.0"), InlineData("10.255.255.255"), InlineData("100.64.0.0"), InlineData("100.127.255.255"), InlineData("127.0.0.1")]
    [InlineData("127.255.255.254"), InlineData("169.254.0.1"), InlineData("169.254.169.254"), InlineData("168.63.129.16"), InlineData("::ffff:168.63.129.16"), InlineData("100.100.100.200"), InlineData("fd00:ec2::254"), InlineData("172.16.0.0"), InlineData("172.31.255.255"), InlineData("192.0.0.1"), InlineData("192.0.0.170")]
    [InlineData("192.0.2.1"), InlineData("192.31.196.1"), InlineData("192.52.193.1"), InlineData("192.88.99.1"), InlineData("192.168.0.1"), InlineData("192.168.255.255"), InlineData("192.175.48.1")]
    [InlineData("198.18.0.1"), InlineData("198.19.255.255"), InlineData("198.51.100.7"), InlineData("203.0.113.9"), InlineData("224.0.0.1"), InlineData("239.255.255.255"), InlineData("240.0.0.1"), InlineData("255.255.255.255")]
    [InlineData("::"), InlineData("::1"), InlineData("::7f00:1"), InlineData("::ffff:127.0.0.1"), InlineData("::ffff:10.0.0.1"), InlineData("::ffff:169.254.169.254"), InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1"), InlineData("64:ff9b::808:808"), InlineData("64:ff9b:1::a00:1"), InlineData("100::1"), InlineData("2001::1"), InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("2001:2::1"), InlineData("2001:10::1"), InlineData("2001:20::1"), InlineData("2001:1ff::1"), InlineData("2001:db8::1"), InlineData("2002:7f00:1::"), InlineData("2002:a00:1::1"), InlineData("2620:4f:8000::1")]
    [InlineData("3fff::1"), InlineData("4000::1"), InlineData("5f00::1"), InlineData("fc00::1"), InlineData("fd12:3456::1"), InlineData("fe80::1"), InlineData("fe80::1%3"), InlineData("2a00::1%3"), InlineData("febf::1")]
    [InlineData("fec0::1"), InlineData("ff02::1"), InlineData("ff0e::1"), InlineData("::ffff:0.0.0.0")]
    public void Allows_an_address_that_is_no_public_host_is_denied(string address) => Assert.False(Policy("").Allows("h", 5432, IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1"), InlineData("8.8.8.8"), InlineData("9.255.255.255"), InlineData("11.0.0.0"), InlineData("100.63.255.255"), InlineData("100.128.0.0"), InlineData("126.255.255.255"), InlineData("128.0.0.1")]
    [InlineData("168.63.129.15"), InlineData("168.63.129.17"), InlineData("169.253.255.255"), InlineData("172.15.255.255"), InlineData("172.32.0.0"), InlineData("192.0.1.1"), InlineData("192.167.255.255"), InlineData("192.169.0.0"), InlineData("198.17.255.255"), InlineData("198.20.0.0")]
    [InlineData("223.255.255.255"), InlineData("::ffff:8.8.8.8"), InlineData("2000::1"), InlineData("2001:200::1"), InlineData("2001:4860:4860::8888"), InlineData("2003::1"), InlineData("2a00:1450::1"), InlineData("3ffe:ffff::1")]
    public void Allows_a_public_host_is_allowed(string address) => Assert.True(Policy("").Allows("h", 5432, IPAddress.Parse(address)));

    [Fact]
    public void Allows_what_the_operator_named_and_nothing_beside_it()
    {
        var policy = Policy(" 10.1.0.0/16, fd00::/8 ,192.168.7.7, Db.Internal.:5433 , 172.16.0.9:5432");
        Assert.True(policy.Allows("h", 1, IPAddress.Parse("10.1.255.255")));
        Assert.True(policy.Allows("h", 1, IPAddress.Parse("::ffff:10.1.0.1")));
        Assert.True(policy.Allows("h", 1, IPAddress.Parse("fd00::9")));
        Assert.True(policy.Allows("h", 1, IPAddress.Parse("192.168.7.7")));
        Assert.True(policy.Allows("db.internal", 5433, IPAddress.Parse("10.9.9.9")));
        Assert.True(policy.Allows("172.16.0.9", 5432, IPAddress.Parse("172.16.0.9")));
        Assert.False(policy.Allows("h", 1, IPAddress.Parse("10.2.0.0")));
        Assert.False(policy.Allows("h", 1, IPAddress.Parse("192.168.7.8")));
        Assert.False(policy.Allows("db.internal", 5432, IPAddress.Parse("10.9.9.9")));
        Assert.False(policy.Allows("other.internal", 5433, IPAddress.Parse("10.9.9.9")));
        Assert.False(policy.Allows("172.16.0.9", 5433, IPAddress.Parse("172.16.0.9")));
    }

    [Fact]
    public async Task VetAsync_one_denied_answer_among_public_ones_denies_all()
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => Policy("", "8.8.8.8", "10.0.0.1").VetAsync("h", 1, TestContext.Current.CancellationToken));
        Assert.Equal(("errors.connection.egress_denied", FailureKind.Permanent), (failure.Failure.MessageKey, failure.Failure.Kind));
    }

    [Fact]
    public async Task VetAsync_of_a_name_with_many_addresses_gives_both_families_to_dial()
    {
        string[] answers = [.. Enumerable.Range(1, 20).Select(i => $"2606:4700::{i}"), "8.8.8.8"];
        var dialled = (await Policy("", answers).VetAsync("h", 1, TestContext.Current.CancellationToken)).Select(a => a.ToString()).ToList();
        Assert.Equal(8, dialled.Count);
        Assert.Equal("8.8.8.8", dialled[1]);
    }

    [Fact]
    public async Task VetAsync_of_a_name_with_hundreds_of_addresses_gives_a_few_to_dial()
    {
        var answers = Enumerable.Range(1, 200).Select(i => $"8.8.4.{i}").ToArray();
        Assert.Equal(answers.Take(8), (await Policy("", answers).VetAsync("h", 1, TestContext.Current.CancellationToken)).Select(a => a.ToString()));
    }

    [Fact]
    public async Task VetAsync_a_denied_address_behind_those_that_are_dialled_denies_all()
    {
        var answers = Enumerable.Range(1, 200).Select(i => $"8.8.4.{i}").Append("10.0.0.1").ToArray();
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => Policy("", answers).VetAsync("h", 1, TestContext.Current.CancellationToken));
        Assert.Equal("errors.connection.egress_denied", failure.Failure.MessageKey);
    }

    /// <summary>Whoever may name hosts must not learn which names the operator's name service knows.</summary>
    [Fact]
    public async Task VetAsync_a_name_that_does_not_exist_is_refused_as_one_that_leads_inside()
    {
        List<string> told = [];
        foreach (var resolve in (NameResolution[])[
            (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Parse("10.0.0.1")]), (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([]),
            (_, _) => throw new SocketException((int)SocketError.HostNotFound), (_, _) => throw new SocketException((int)SocketError.NoData)])
        {
            var failure = await Assert.ThrowsAsync<SyncFailureException>(() => new EgressPolicy(Options.Create(new EgressOptions()), resolve).VetAsync("h.internal", 1, TestContext.Current.CancellationToken));
            told.Add($"{failure.Failure.Kind} {failure.Failure.MessageKey} {string.Join(',', failure.Failure.Params!)}");
        }

        Assert.Equal("Permanent errors.connection.egress_denied [host, h.internal],[port, 1]", Assert.Single(told.Distinct(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task VetAsync_a_name_service_that_does_not_answer_is_asked_again()
    {
        var policy = new EgressPolicy(Options.Create(new EgressOptions()), (_, _) => throw new SocketException((int)SocketError.TryAgain));
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => policy.VetAsync("h", 1, TestContext.Current.CancellationToken));
        Assert.Equal(("errors.connection.unresolved", FailureKind.Transient), (failure.Failure.MessageKey, failure.Failure.Kind));
    }

    [Fact]
    public async Task VetAsync_a_name_is_resolved_once_so_that_a_changed_answer_gains_nothing()
    {
        var asked = 0;
        var policy = new EgressPolicy(
            Options.Create(new EgressOptions()),
            (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Parse(asked++ == 0 ? "8.8.8.8" : "127.0.0.1")]));
        Assert.Equal([IPAddress.Parse("8.8.8.8")], await policy.VetAsync("h", 1, TestContext.Current.CancellationToken));
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData("10.0.0.0/33"), InlineData("10.0.0.0/x"), InlineData("host"), InlineData("host:0"), InlineData("host:70000"), InlineData("a b:1")]
    public void Validate_an_entry_that_cannot_be_read_is_named(string entry)
    {
        var result = new EgressOptionsValidation().Validate(null, new EgressOptions { Allow = $"127.0.0.0/8,{entry}" });
        Assert.True(result.Failed);
        Assert.Contains(entry, Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    private static EgressPolicy Policy(string allow, params string[] answers) => new(
        Options.Create(new EgressOptions { Allow = allow }), (_, _) => Task.FromResult<IReadOnlyList<IPAddress>>([.. answers.Select(IPAddress.Parse)]));
}
