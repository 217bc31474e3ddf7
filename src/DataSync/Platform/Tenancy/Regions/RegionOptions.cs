using DataSync.Pipeline.Failures;
using Microsoft.Extensions.Configuration;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>
/// The regions that tenants are stored in, and which of them this process serves. Each has a deployment, a database and a storage of its own: nothing but the name of a tenant's
/// region is known in another one. Where there are no regions, every tenant is here.
/// </summary>
/// <param name="Own">The region of this process and of its database; null where there are no regions.</param>
/// <param name="Usual">The region of tenants for which none was set; null: they are in none.</param>
/// <param name="Addresses">Where each region's API answers.</param>
internal sealed record RegionOptions(string? Own, string? Usual, IReadOnlyDictionary<string, Uri> Addresses)
{
    public const string OwnSetting = "DATASYNC_REGION", AllSetting = "DATASYNC_REGIONS", UsualSetting = "DATASYNC_REGION_DEFAULT";

    /// <summary>A region's name is no longer.</summary>
    public const int LongestName = 63;

    /// <summary>One nameless region: every tenant is here.</summary>
    public static RegionOptions None { get; } = new(null, null, new Dictionary<string, Uri>(StringComparer.Ordinal));

    /// <summary>Whether there are regions at all.</summary>
    public bool AreThere => Own is not null;

    /// <summary>Reads the three settings; with a fault in any there are none, and the start is refused.</summary>
    public static RegionOptions Read(IConfiguration configuration, ICollection<Fault> faults)
    {
        var (own, usual, all) = (configuration[OwnSetting], configuration[UsualSetting], configuration[AllSetting]);
        if (string.IsNullOrEmpty(own) && string.IsNullOrEmpty(usual) && string.IsNullOrEmpty(all)) return None;
        var before = faults.Count;
        var addresses = RegionList.Read(all ?? "", faults);
        if (addresses.Count == 0 && faults.Count == before) faults.Add(new Fault(AllSetting, "errors.settings.region_list", ("setting", AllSetting), ("with", string.IsNullOrEmpty(own) ? UsualSetting : OwnSetting)));
        if (string.IsNullOrEmpty(own)) faults.Add(new Fault(OwnSetting, "errors.settings.region_own", ("setting", OwnSetting), ("list", AllSetting)));
        if (faults.Count > before) return None;
        foreach (var (setting, name) in new[] { (OwnSetting, own!), (UsualSetting, usual) })
        {
            if (!string.IsNullOrEmpty(name) && !addresses.ContainsKey(name)) faults.Add(new Fault(setting, "errors.settings.region_unlisted", ("setting", setting), ("value", name), ("list", AllSetting), ("allowed", string.Join(", ", addresses.Keys))));
        }

        return faults.Count > before ? None : new RegionOptions(own, string.IsNullOrEmpty(usual) ? null : usual, addresses);
    }

    /// <summary>The region of a tenant with this setting; null where it has none.</summary>
    public string? Of(string? set) => set ?? Usual;

    /// <summary>Whether a tenant with this setting is stored here.</summary>
    public bool IsHere(string? set) => Own is null || string.Equals(Of(set), Own, StringComparison.Ordinal);

    /// <summary>What is wrong with a region that a tenant is to be given.</summary>
    public IEnumerable<Fault> Faults(string? asked)
    {
        if (asked is null || Addresses.ContainsKey(asked)) return [];
        return AreThere ? [new Fault("/region", "faults.one_of", ("allowed", Addresses.Keys.Order(StringComparer.Ordinal).ToArray()))] : [new Fault("/region", "faults.region.none")];
    }
}
