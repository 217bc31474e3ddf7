using DataSync.Platform.Caching;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Platform.Caching;

public sealed class ConfigurationGenerationsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConfigurationGenerations _generations;

    public ConfigurationGenerationsTests() => _generations = new ConfigurationGenerations(new TenantDatabase(null!, null!), _time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_is_unknown_before_anybody_listens_and_after()
    {
        _generations.Learn("t", 5);
        Assert.Null(await _generations.OfAsync("t", Ct));
        _generations.Begin(_time.GetTimestamp());
        _generations.Learn("t", 5);
        Assert.Equal(5, await _generations.OfAsync("t", Ct));
        _generations.End();
        Assert.Null(await _generations.OfAsync("t", Ct));
    }

    [Fact]
    public async Task Of_is_unknown_when_the_line_was_not_proven_for_a_while_and_known_again_after_a_proof()
    {
        _generations.Begin(_time.GetTimestamp());
        _generations.Learn("t", 5);
        _time.Advance(ConfigurationGenerations.Trust);
        Assert.Equal(5, await _generations.OfAsync("t", Ct));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await _generations.OfAsync("t", Ct));
        _generations.Prove(_time.GetTimestamp());
        Assert.Equal(5, await _generations.OfAsync("t", Ct));
    }

    [Fact]
    public async Task Learn_of_an_older_number_changes_nothing()
    {
        _generations.Begin(_time.GetTimestamp());
        foreach (var heard in (long[])[7, 5, 9, 8]) _generations.Learn("t", heard);
        Assert.Equal(9, await _generations.OfAsync("t", Ct));
    }

    [Fact]
    public async Task Begin_forgets_what_was_known()
    {
        _generations.Begin(_time.GetTimestamp());
        _generations.Learn("t", 5);
        _generations.Begin(_time.GetTimestamp());
        await Assert.ThrowsAsync<NullReferenceException>(async () => await _generations.OfAsync("t", Ct)); // it asks the database, which is not there
    }
}
