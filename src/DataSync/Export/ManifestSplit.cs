using DataSync.Export.Splits;
using DataSync.Pipeline;

namespace DataSync.Export;

/// <summary>How an export's records are divided, as the manifest tells it.</summary>
internal sealed record ManifestSplit(long Seed, string? Key, IReadOnlyList<ManifestSplitPart> Parts)
{
    /// <summary>The split of these files; null for none.</summary>
    public static ManifestSplit? Of(SyncPlan plan, IReadOnlyList<ExportedFile> files)
    {
        if (SplitPlan.Read(plan.Export) is not { } split) return null;

        // every format has all records, so one tells how many there are
        var ofOneFormat = files.Where(f => string.Equals(f.Format, plan.OutputFormats[0], StringComparison.Ordinal)).ToLookup(f => f.Split, StringComparer.Ordinal);
        return new ManifestSplit(split.Seed, split.Key, [.. split.Parts.Select(p => new ManifestSplitPart(p.Name, p.Percent, ofOneFormat[p.Name].Sum(f => f.Records)))]);
    }
}

/// <summary>A part: the percent asked for, and the records it came to.</summary>
internal sealed record ManifestSplitPart(string Name, int Percent, long Records);
