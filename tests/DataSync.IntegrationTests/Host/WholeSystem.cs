namespace DataSync.IntegrationTests.Host;

/// <summary>
/// Tests that share one running system, each with tenants of its own. Two processes that start cost more than most of what is asked of them; the tests of a collection run one after
/// the other, so what they count is theirs.
/// </summary>
[CollectionDefinition(nameof(WholeSystem))]
public sealed class WholeSystem : ICollectionFixture<EndToEndTests.System>;
