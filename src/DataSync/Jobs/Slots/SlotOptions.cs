namespace DataSync.Jobs.Slots;

/// <summary>How often the slots of sources are looked at.</summary>
internal sealed record SlotOptions
{
    public const string Setting = "DATASYNC_SLOT_LOOK_SECONDS";

    /// <summary>From one look at a source's server to the next.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMinutes(5);
}
