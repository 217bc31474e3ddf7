using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataSync.Pipeline.Incremental;

/// <summary>One sync's part of a source's changes. Its JSON form is part of each batch's token.</summary>
internal sealed record ChangePlan
{
    /// <summary>The whole table is read, not its changes.</summary>
    public bool Everything { get; init; }

    /// <summary>Why everything, or, set while changes are read, why not all of them; null for the first sync, and where there is nothing to say.</summary>
    public TrackingReason? Reason { get; set; }

    /// <summary>The connector's own words for what is read.</summary>
    public JsonElement? Extent { get; init; }

    /// <summary>The connector's own words for where the next sync begins. The connector may set it while it reads; it is final once the reading has ended.</summary>
    public JsonElement? Next { get; set; }

    /// <summary><see cref="Next"/> for people: at most 255 characters. Set as that is.</summary>
    public string? Position { get; set; }

    /// <summary>As <see cref="TrackingOffer.Found"/>, for the reading that follows; never stored.</summary>
    [JsonIgnore]
    public object? Found { get; init; }

    /// <summary>Set after changes were read: why they were not all there, or what follows <see cref="Next"/> is not there any more; null where nothing is missing. The next sync then reads everything.</summary>
    public TrackingReason? Lost { get; set; }

    /// <summary>Set after changes were read: the connector looked whether they were all there, so that <see cref="Lost"/> says something.</summary>
    public bool IsChecked { get; set; }

    /// <summary>Bytes of its log that the server keeps for this source; null where it has none or does not say. May be set while it is read.</summary>
    public long? LagBytes { get; set; }
}
