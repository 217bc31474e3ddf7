using DataSync.Pipeline.Failures;
using DataSync.Platform.Localization;
using DataSync.Platform.Tenancy.Regions;
using Microsoft.Extensions.Configuration;

namespace DataSync.Tests.Platform.Tenancy;

public sealed class RegionOptionsTests
{
    private const string Both = "eu=https://eu.example,us=https://us.example";

    [Fact]
    public void Read_without_settings_leaves_one_region_in_which_every_tenant_is()
    {
        var (options, faults) = Read();
        Assert.Empty(faults);
        Assert.False(options.AreThere);
        Assert.True(options.IsHere(null));
        Assert.True(options.IsHere("anything"));
    }

    [Fact]
    public void Read_takes_names_and_addresses_however_they_are_spaced()
    {
        var (options, faults) = Read("eu-1", " eu-1 = https://eu.example/ , us=https://us.example:8443/sync/ ,");
        Assert.Empty(faults);
        Assert.Equal(("eu-1", null), (options.Own, options.Usual));
        Assert.Equal([("eu-1", "https://eu.example"), ("us", "https://us.example:8443/sync")], options.Addresses.Select(a => (a.Key, RegionFailure.UrlOf(a.Value))));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(null, "eu", true)]
    [InlineData(null, "us", false)]
    [InlineData("eu", "us", true)]
    [InlineData("us", "eu", false)]
    [InlineData("gone", "eu", false)]
    [InlineData("EU", null, false)]
    public void IsHere_goes_by_the_tenants_region_then_by_the_usual_one_and_denies_what_has_neither(string? set, string? usual, bool here)
        => Assert.Equal(here, Read("eu", Both, usual).Options.IsHere(set));

    [Theory]
    [InlineData("eu", null, null, "DATASYNC_REGIONS errors.settings.region_list")]
    [InlineData(null, null, "eu", "DATASYNC_REGIONS errors.settings.region_list", "DATASYNC_REGION errors.settings.region_own")]
    [InlineData(null, Both, null, "DATASYNC_REGION errors.settings.region_own")]
    [InlineData("mars", Both, "moon", "DATASYNC_REGION errors.settings.region_unlisted", "DATASYNC_REGION_DEFAULT errors.settings.region_unlisted")]
    [InlineData("eu", "eu", null, "DATASYNC_REGIONS errors.settings.region_entry")]
    [InlineData("eu", "EU=https://eu.example", null, "DATASYNC_REGIONS errors.settings.region_entry")]
    [InlineData("eu", "eu=eu.example,us=ftp://us.example,-x=https://x.example", null, "DATASYNC_REGIONS errors.settings.region_entry", "DATASYNC_REGIONS errors.settings.region_entry", "DATASYNC_REGIONS errors.settings.region_entry")]
    [InlineData("eu", "eu=https://name:word@eu.example,us=https://us.example?a=1,ap=https://ap.example#a", null, "DATASYNC_REGIONS errors.settings.region_entry", "DATASYNC_REGIONS errors.settings.region_entry", "DATASYNC_REGIONS errors.settings.region_entry")]
    [InlineData("eu", "eu=https://eu.example,eu=https://us.example", null, "DATASYNC_REGIONS errors.settings.region_twice")]
    [InlineData("eu", "eu=https://eu.example,us=https://eu.example/", null, "DATASYNC_REGIONS errors.settings.region_twice")]
    public void Read_names_each_fault_and_leaves_no_regions_then(string? own, string? list, string? usual, params string[] expected)
    {
        var (options, faults) = Read(own, list, usual);
        Assert.Equal(expected, faults.Select(f => $"{f.Path} {f.MessageKey}"));
        Assert.False(options.AreThere);
        var messages = Messages.Load(typeof(RegionOptions).Assembly);
        Assert.All(faults, f => Assert.DoesNotContain('{', messages.Format(f.MessageKey, "en-US", f.Params)));
    }

    [Fact]
    public void Of_tells_the_region_and_where_it_answers_and_what_is_listed_no_more_is_no_region()
    {
        var options = Read("eu", Both).Options;
        var elsewhere = RegionFailure.Of(options, "us");
        Assert.Equal(("errors.region.elsewhere", "us", "https://us.example"), (elsewhere.MessageKey, elsewhere.Params!["region"], elsewhere.Params["url"]));
        Assert.Equal("errors.region.unset", RegionFailure.Of(options, "gone").MessageKey);
        Assert.Equal("errors.region.unset", RegionFailure.Of(options, set: null).MessageKey);
        Assert.Equal("errors.database.unavailable", RegionFailure.Of(options, settings: null).MessageKey);
    }

    private static (RegionOptions Options, List<Fault> Faults) Read(string? own = null, string? list = null, string? usual = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["DATASYNC_REGION"] = own,
            ["DATASYNC_REGIONS"] = list,
            ["DATASYNC_REGION_DEFAULT"] = usual,
        }).Build();
        List<Fault> faults = [];
        return (RegionOptions.Read(configuration, faults), faults);
    }
}
