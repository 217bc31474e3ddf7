using DataSync.Platform.Http.Requests;

namespace DataSync.Jobs.Metrics;

/// <summary>The jobs that a summary is about: those that ended within a window, of one source or of all.</summary>
/// <param name="Length">How long the window is.</param>
/// <param name="Until">Its end; null for now, by the database's clock.</param>
/// <param name="SourceId">Only jobs of this source.</param>
internal sealed record SummaryWindow(TimeSpan Length, DateTimeOffset? Until = null, string? SourceId = null) : IRequestQuery<SummaryWindow>
{
    private static readonly TimeSpan Default = TimeSpan.FromDays(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public static SummaryWindow Read(QueryReader query)
    {
        var length = query.OptionalSpan("window", "How long the window is: a number and `s`, `m`, `h`, `d` or `w`, such as `5m` or `30d`; ten years at most, `24h` by default.", Longest);
        var until = query.OptionalTime("until", "The window's end, which lies in it no more; now by default.");
        return new SummaryWindow(length ?? Default, until, query.OptionalId("source_id", "Only jobs of this source."));
    }
}
