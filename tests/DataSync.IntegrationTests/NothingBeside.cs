namespace DataSync.IntegrationTests;

/// <summary>Tests that measure the whole process run while no other does.</summary>
[CollectionDefinition(nameof(NothingBeside), DisableParallelization = true)]
public sealed class NothingBeside;
