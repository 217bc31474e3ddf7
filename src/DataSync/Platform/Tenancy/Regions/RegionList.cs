using System.Text.RegularExpressions;
using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Tenancy.Regions;

/// <summary>Reads <c>eu=https://eu.example,us=https://us.example</c>.</summary>
internal static partial class RegionList
{
    /// <summary>The regions that are written well; each other one is a fault.</summary>
    public static IReadOnlyDictionary<string, Uri> Read(string text, ICollection<Fault> faults)
    {
        SortedDictionary<string, Uri> regions = new(StringComparer.Ordinal);
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2 || !Name().IsMatch(parts[0]) || AddressOf(parts[1]) is not { } address) faults.Add(Fault("errors.settings.region_entry", entry));
            else if (regions.ContainsKey(parts[0]) || regions.ContainsValue(address)) faults.Add(Fault("errors.settings.region_twice", entry));
            else regions.Add(parts[0], address);
        }

        return regions;
    }

    /// <summary>Where an API answers, without a slash behind it. A login, a query or a fragment has no place there.</summary>
    private static Uri? AddressOf(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            && address is { UserInfo: "", Query: "", Fragment: "" } ? new Uri(address.AbsoluteUri.TrimEnd('/')) : null;

    private static Fault Fault(string key, string entry) => new(RegionOptions.AllSetting, key, ("setting", RegionOptions.AllSetting), ("value", entry));

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Name();
}
