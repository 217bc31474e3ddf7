namespace DataSync.IntegrationTests.Host.Regions;

public sealed class RegionBucketTests(TwoRegionsWithBuckets regions) : IClassFixture<TwoRegionsWithBuckets>
{
    [Fact]
    public async Task Tenant_of_one_region_leaves_nothing_in_the_others_bucket()
    {
        await RegionResidence.TenantsLeaveNothingElsewhereAsync(regions, system => regions.Bucket(system).Folder);
        Assert.Contains(regions.Bucket(regions.Eu).Keys(), k => k.StartsWith("tenant-alpha/", StringComparison.Ordinal));
        foreach (var system in new[] { regions.Eu, regions.Us }) Assert.Empty(Directory.EnumerateFiles(system.ExportRoot, "*", SearchOption.AllDirectories));
    }
}
