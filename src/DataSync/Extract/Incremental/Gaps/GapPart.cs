using DataSync.Pipeline.Incremental;

namespace DataSync.Extract.Incremental.Gaps;

/// <summary>A part of the source that is read once more.</summary>
/// <param name="Window">What to ask for.</param>
/// <param name="All">All of it is to be delivered once more, whatever arrived.</param>
/// <param name="Above">What lies at or below this value is not compared, because nobody remembers it; null for none.</param>
/// <param name="Trusts">Nobody remembers what arrived of it: it is not compared, but remembered for the next time.</param>
internal sealed record GapPart(CursorWindow Window, bool All = false, CursorValue? Above = null, bool Trusts = false)
{
    /// <summary>What syncs before stored.</summary>
    public bool IsPast => Trusts || Above is not null;
}
