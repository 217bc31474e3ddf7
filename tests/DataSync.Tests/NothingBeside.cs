namespace DataSync.Tests;

/// <summary>Tests that look at what the process holds. What runs beside them would be counted, so nothing does.</summary>
[CollectionDefinition(nameof(NothingBeside), DisableParallelization = true)]
public sealed class NothingBeside;
